use spawn_runtime::background;

#[background(attempts = 3, retry_if = drop)]
async fn three() {
    tokio::task::yield_now().await
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    three().await.unwrap();
}

//~ fix 3: #[background(attempts = 3)]
