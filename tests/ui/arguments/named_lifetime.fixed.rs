use spawn_runtime::background;

#[background]
async fn shout(text: String) -> String {
    text.to_uppercase()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(shout("hello".to_owned()).await.unwrap(), "HELLO");
}
