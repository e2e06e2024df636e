use spawn_runtime::CancellationToken;
use spawn_runtime::background;

#[background]
async fn work(#[cancel] token: CancellationToken) {
    token.cancelled().await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let handle = work();
    handle.cancel();
    handle.await.unwrap();
}
