use spawn_runtime::background;

#[background]
async fn sum(numbers: &[u32]) -> u32 {
    numbers.iter().sum()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(sum(&[1, 2]).await.unwrap(), 3);
}
