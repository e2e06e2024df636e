use spawn_runtime::{CancellationToken, background};

#[background(on = tokio::runtime::Handle::current())]
async fn three(#[cancel] token: CancellationToken) -> u32 {
    drop(token);
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}
