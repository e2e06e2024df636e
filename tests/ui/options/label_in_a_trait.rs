use spawn_runtime::background;

trait Three {
    #[background(label = id)]
    async fn three(self, id: u32) -> u32;
}

impl Three for u32 {
    #[background(label = id)]
    async fn three(self, id: u32) -> u32 {
        self + id
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(1.three(2).await.unwrap(), 3);
}

//~ fix 4: #[background]
