use spawn_runtime::background;

#[background(direct = sum_now)]
async fn sum(left: u32, #[cfg(debug_assertions)] right: u32) -> u32 {
    left + right
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(sum(1, 2).await.unwrap(), 3);
}
