use spawn_runtime::CancellationToken;
use spawn_runtime::background;

#[background]
async fn double(number: u32, #[cancel] token: CancellationToken) -> u32 {
    if token.is_cancelled() { 0 } else { 2 * number }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(double(3).await.unwrap(), 6);
}
