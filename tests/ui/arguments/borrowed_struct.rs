use spawn_runtime::background;

struct Config {
    retries: u32,
}

#[background]
async fn fetch(config: &Config) -> u32 {
    config.retries
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let config = Config { retries: 3 };
    assert_eq!(fetch(&config).await.unwrap(), 3);
}
