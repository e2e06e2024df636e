use spawn_runtime::background;

struct Three;

impl Three {
    #[background]
    async fn run(self) -> u32 {
        3
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let _three = Three.run().await;
}
