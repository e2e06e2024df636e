use spawn_runtime::background;

#[background]
fn wait() -> u32 {
    tokio::task::yield_now().await;
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(wait().await.unwrap(), 3);
}

//~ fix 4: async fn wait() -> u32 {
