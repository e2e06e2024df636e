use spawn_runtime::background;

type Text<'a> = &'a str;

#[background]
async fn shout(text: Text) -> String {
    text.to_uppercase()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(shout("hello").await.unwrap(), "HELLO");
}

//~ fix 6: async fn shout(text: Text<'static>) -> String {
