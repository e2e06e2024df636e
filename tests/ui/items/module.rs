use spawn_runtime::background;

#[background]
mod jobs {
    pub async fn three() -> u32 {
        3
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let _three = jobs::three().await;
}
