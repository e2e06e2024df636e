use spawn_runtime::background;

trait Worker {
    #[background]
    async fn run(self) -> u32;
}

struct Three;

impl Worker for Three {
    #[background(direct = run_now)]
    async fn run(self) -> u32 {
        3
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Three.run().await.unwrap(), 3);
}

//~ fix 11: #[background]
