use spawn_runtime::background;

struct Job {
    size: u32,
}

impl Job {
    #[background]
    async fn run(&mut self) -> u32 {
        self.size += 1;
        self.size - 1
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Job { size: 3 }.run().await.unwrap(), 3);
}

//~ fix 9: async fn run(mut self) -> u32 {
