use spawn_runtime::background;

#[background]
async fn push(log: std::sync::Arc<std::sync::Mutex<Vec<u32>>>) -> usize {
    log.lock().unwrap().push(3);
    log.lock().unwrap().len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(push(std::sync::Arc::default()).await.unwrap(), 1);
}
