use spawn_runtime::background;

#[background]
async fn length(text: String) -> usize {
    text.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(length("one".to_owned()).await.unwrap(), 3);
}
