use spawn_runtime::background;
use std::sync::Arc;

struct Job {
    size: u32,
}

impl Job {
    #[background]
    async fn run(self: &Arc<Self>) -> u32 {
        self.size
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let job = Arc::new(Job { size: 3 });
    assert_eq!(job.run().await.unwrap(), 3);
}

//~ fix 10: async fn run(self: Arc<Self>) -> u32 {
