use spawn_runtime::background;
use std::pin::Pin;

#[background]
fn three() -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async { 3 })
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}
