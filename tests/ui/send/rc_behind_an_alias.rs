use spawn_runtime::background;
use std::rc::Rc;

type Text = Rc<str>;

#[background]
async fn length(text: Text) -> usize {
    text.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(length("abc".into()).await.unwrap(), 3);
}
