use spawn_runtime::background;

trait Worker {
    #[background]
    async fn run(self);
}

struct Three;

impl Worker for Three {
    #[background(detach)]
    async fn run(self) {}
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    Three.run().await.unwrap();
}

//~ fix 11: #[background]
