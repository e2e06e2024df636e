use spawn_runtime::background;

const LIMIT: u64 = 30;

#[background(timeout = LIMIT)]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}

//~ fix 3: const LIMIT: std::time::Duration = std::time::Duration::from_secs(30);
