use spawn_runtime::background;
use std::borrow::Cow;

#[background]
async fn shout(text: Cow<str>) -> String {
    text.to_uppercase()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(shout(Cow::Borrowed("hello")).await.unwrap(), "HELLO");
}

//~ fix 5: async fn shout(text: Cow<'static, str>) -> String {
