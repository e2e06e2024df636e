use spawn_runtime::background;

#[background(timeout = "-3s")]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}

//~ fix 3: #[background(timeout = "30s")]
