use spawn_runtime::background;

struct Job {
    size: u32,
}

impl Job {
    #[background]
    async fn run(self, #[cancel] token: spawn_runtime::CancellationToken) -> u32 {
        self.size + u32::from(token.is_cancelled())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Job { size: 3 }.run().await.unwrap(), 3);
}
