use spawn_runtime::background;
use std::rc::Rc;

#[background(blocking)]
fn length(text: Rc<str>) -> usize {
    text.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(length("abc".into()).await.unwrap(), 3);
}
