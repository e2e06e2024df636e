use spawn_runtime::background;

#[background]
async fn first(words: String) -> String {
    words.split(' ').next().unwrap_or_default().to_owned()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(first("a b".to_owned()).await.unwrap(), "a");
}
