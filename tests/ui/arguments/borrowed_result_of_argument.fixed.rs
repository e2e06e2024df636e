use spawn_runtime::background;

#[background]
async fn first(words: Vec<String>) -> Option<String> {
    words.first().cloned()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(first(vec!["a".to_owned()]).await.unwrap().unwrap(), "a");
}
