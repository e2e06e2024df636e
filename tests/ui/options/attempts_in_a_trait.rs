use spawn_runtime::background;

trait Three {
    #[background(attempts = 3, backoff = "1s..30s")]
    async fn three(self) -> u32;
}

impl Three for u32 {
    #[background(attempts = 3, backoff = "1s..30s")]
    async fn three(self) -> u32 {
        self
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(3.three().await.unwrap(), 3);
}

//~ fix 4: #[background]
