use spawn_runtime::background;

struct Config {
    retries: u32,
}

#[background]
async fn fetch(config: std::sync::Arc<Config>) -> u32 {
    config.retries
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let config = std::sync::Arc::new(Config { retries: 3 });
    assert_eq!(fetch(config.clone()).await.unwrap(), 3);
}
