use spawn_runtime::background;

struct Three;

impl Three {
    #[background]
    #[async_trait::async_trait]
    async fn run(self) -> u32 {
        3
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Three.run().await.unwrap(), 3);
}

//~ fix 7:
