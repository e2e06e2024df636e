use spawn_runtime::background;

#[background]
async fn first(words: &[String]) -> Option<&String> {
    words.first()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(first(&["a".to_owned()]).await.unwrap().unwrap(), "a");
}
