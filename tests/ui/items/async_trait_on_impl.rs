use async_trait::async_trait;
use spawn_runtime::background;
use std::sync::Arc;

#[async_trait]
trait Worker {
    async fn run(self: Arc<Self>) -> u32;
}

struct Three;

#[async_trait]
impl Worker for Three {
    #[background]
    async fn run(self: Arc<Self>) -> u32 {
        3
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let worker: Arc<dyn Worker> = Arc::new(Three);
    let _three = worker.run().await;
}
