use spawn_runtime::background;
use std::sync::Arc;

type Text = Arc<str>;

#[background]
async fn text() -> Text {
    "abc".into()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(&*text().await.unwrap(), "abc");
}
