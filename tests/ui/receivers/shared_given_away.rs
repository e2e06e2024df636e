use spawn_runtime::background;

struct Job {
    size: u32,
}

impl Job {
    #[background]
    async fn run(&self) -> u32 {
        self.size
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Job { size: 3 }.run().await.unwrap(), 3);
}

//~ fix 9: async fn run(self) -> u32 {
