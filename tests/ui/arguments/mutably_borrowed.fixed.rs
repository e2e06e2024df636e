use spawn_runtime::background;

#[background]
async fn push(log: std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    log.lock().unwrap().push("done".to_owned());
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let log = std::sync::Arc::<std::sync::Mutex<Vec<String>>>::default();
    push(log.clone()).await.unwrap();
    assert_eq!(log.lock().unwrap().len(), 1);
}
