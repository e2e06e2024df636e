use spawn_runtime::background;

mod jobs {
    #[super::background]
    pub async fn three() -> u32 {
        3
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let _three = jobs::three().await;
}
