use spawn_temporal::background;

#[background(durable = "ui.parameters.receiver")]
async fn double(factor: u32, number: u32) -> u32 {
    number * factor
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(2, 4).await.unwrap(), 8);
}
