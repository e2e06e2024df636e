use spawn_runtime::background;

#[background]
fn three() -> impl Future<Output = u32> + Send {
    async { 3 }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}
