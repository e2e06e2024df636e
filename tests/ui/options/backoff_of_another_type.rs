use spawn_runtime::background;
use std::time::Duration;

#[background(attempts = 3, backoff = Duration::from_secs(1))]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}

//~ fix 4: #[background(attempts = 3, backoff = spawn_runtime::Backoff::new(Duration::from_secs(1), Duration::from_secs(1)))]
