use spawn_runtime::background;

#[background]
async fn first(words: String) -> &str {
    words.split(' ').next().unwrap_or_default()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(first("a b".to_owned()).await.unwrap(), "a");
}
