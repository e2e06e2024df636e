use spawn_runtime::background;
use std::sync::{Arc, Mutex};

#[background]
async fn count(total: Arc<Mutex<u32>>) -> u32 {
    let mut total = total.lock().unwrap();
    tokio::task::yield_now().await;
    *total += 1;
    *total
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(count(Arc::default()).await.unwrap(), 1);
}
