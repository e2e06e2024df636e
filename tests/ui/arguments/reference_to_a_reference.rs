use spawn_runtime::background;

#[background]
async fn length(text: &&str) -> usize {
    text.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(length(&"one").await.unwrap(), 3);
}
