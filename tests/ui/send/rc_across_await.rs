use spawn_runtime::background;
use std::rc::Rc;

#[background]
async fn three() -> u32 {
    let shared = Rc::new(3);
    tokio::task::yield_now().await;
    *shared
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}
