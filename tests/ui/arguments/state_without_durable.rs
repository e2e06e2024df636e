use spawn_runtime::background;

#[background]
async fn double(number: u32, #[state] factor: u32) -> u32 {
    number * factor
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(double(4, 2).await.unwrap(), 8);
}
