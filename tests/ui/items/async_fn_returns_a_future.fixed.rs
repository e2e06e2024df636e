use spawn_runtime::background;

#[background]
async fn three() -> u32 {
    async { 3 }.await
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}
