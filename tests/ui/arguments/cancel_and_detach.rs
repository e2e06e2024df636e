use spawn_runtime::CancellationToken;
use spawn_runtime::background;

#[background(detach)]
async fn work(#[cancel] token: CancellationToken) {
    token.cancelled().await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    work();
}
