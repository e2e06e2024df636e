use spawn_runtime::background;
use std::sync::Arc;

trait Worker {
    #[background]
    async fn run(self: Arc<Self>) -> u32;
}

struct Three;

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
