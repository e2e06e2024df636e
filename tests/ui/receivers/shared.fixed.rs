use spawn_runtime::background;

struct Job {
    size: u32,
}

impl Job {
    #[background]
    async fn run(self: std::sync::Arc<Self>) -> u32 {
        self.size
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(std::sync::Arc::new(Job { size: 3 }).run().await.unwrap(), 3);
}
