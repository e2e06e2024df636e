use spawn_runtime::background;

#[background(local)]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let local = tokio::task::LocalSet::new();
    assert_eq!(local.run_until(async { three().await }).await.unwrap(), 3);
}
