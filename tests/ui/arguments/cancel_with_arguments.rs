use spawn_runtime::CancellationToken;
use spawn_runtime::background;

#[background]
async fn work(#[cancel(token)] token: CancellationToken) -> bool {
    token.is_cancelled()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(!work().await.unwrap());
}

//~ fix 5: async fn work(#[cancel] token: CancellationToken) -> bool {
