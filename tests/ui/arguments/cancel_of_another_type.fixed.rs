use spawn_runtime::background;

#[background]
async fn work(#[cancel] token: spawn_runtime::CancellationToken) -> bool {
    token.is_cancelled()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(!work().await.unwrap());
}
