use spawn_runtime::background;
use std::sync::atomic::{AtomicBool, Ordering};

#[background]
async fn work(#[cancel] token: AtomicBool) -> bool {
    token.load(Ordering::Relaxed)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(!work().await.unwrap());
}
