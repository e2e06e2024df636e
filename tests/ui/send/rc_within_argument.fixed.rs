use spawn_runtime::background;

#[background]
async fn sum(numbers: Vec<std::sync::Arc<u32>>) -> u32 {
    numbers.iter().map(|number| **number).sum()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(sum(vec![std::sync::Arc::new(3)]).await.unwrap(), 3);
}
