use spawn_runtime::background;

#[background]
async fn shout<'a>(text: &'a str) -> String {
    text.to_uppercase()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(shout("hello").await.unwrap(), "HELLO");
}
