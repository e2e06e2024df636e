use spawn_runtime::background;

#[background(blocking)]
fn length(text: std::sync::Arc<str>) -> usize {
    text.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(length("abc".into()).await.unwrap(), 3);
}
