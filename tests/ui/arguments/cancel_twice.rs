use spawn_runtime::CancellationToken;
use spawn_runtime::background;

#[background]
async fn work(#[cancel] token: CancellationToken, #[cancel] other: CancellationToken) -> bool {
    token.is_cancelled() || other.is_cancelled()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(!work().await.unwrap());
}
