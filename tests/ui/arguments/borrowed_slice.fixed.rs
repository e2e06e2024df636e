use spawn_runtime::background;

#[background]
async fn sum(numbers: Vec<u32>) -> u32 {
    numbers.iter().sum()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(sum(vec![1, 2]).await.unwrap(), 3);
}
