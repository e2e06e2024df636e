use spawn_runtime::background;

#[background(attempts = 3, backoff = "..50ms")]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}

//~ fix 3: #[background(attempts = 3, backoff = "50ms..50ms")]
