use spawn_runtime::background;

struct Connection(u32);

impl Connection {
    #[background(attempts = 3)]
    async fn three(self) -> u32 {
        self.0
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Connection(3).three().await.unwrap(), 3);
}

//~ fix 3: #[derive(Clone)] struct Connection(u32);
