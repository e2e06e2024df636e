use spawn_runtime::background;

#[background(attempts = 5_000_000_000)]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}

//~ fix 3: #[background(attempts = u32::MAX)]
