use spawn_runtime::background;
use std::rc::Rc;

#[background(local)]
async fn three() -> u32 {
    let shared = Rc::new(3);
    tokio::task::yield_now().await;
    *shared
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let local = tokio::task::LocalSet::new();
    let three = local.run_until(async { three().await });
    assert_eq!(three.await.unwrap(), 3);
}
