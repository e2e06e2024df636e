use spawn_runtime::CancellationToken;
use spawn_runtime::background;

#[background]
async fn double(number: u32, #[cancel] token: CancellationToken) -> u32 {
    if token.is_cancelled() { 0 } else { 2 * number }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let token = CancellationToken::new();
    assert_eq!(double(3, token).await.unwrap(), 6);
}
