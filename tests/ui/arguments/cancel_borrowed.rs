use spawn_runtime::{CancellationToken, background};

#[background]
async fn work(#[cancel] token: &CancellationToken) -> bool {
    token.is_cancelled()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(!work().await.unwrap());
}
