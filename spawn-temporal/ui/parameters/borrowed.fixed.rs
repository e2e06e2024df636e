use spawn_temporal::background;

#[background(durable = "ui.parameters.borrowed")]
async fn length(text: String) -> usize {
    text.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(length("four".to_owned()).await.unwrap(), 4);
}
