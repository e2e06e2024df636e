use spawn_runtime::background;

trait Worker {
    #[background(name = "worker", timeout = "30s", abort_on_drop)]
    async fn run(self) -> u32;
}

struct Three;

impl Worker for Three {
    #[background(abort_on_drop)]
    async fn run(self) -> u32 {
        3
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Three.run().await.unwrap(), 3);
}
