use spawn_temporal::background;

#[background(durable = "ui.parameters.unsafe_fn")]
async fn double(number: u32) -> u32 {
    number * 2
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(4).await.unwrap(), 8);
}
