use spawn_temporal::background;

#[background(durable = "ui.parameters.constant")]
async fn times(n: u32, number: u32) -> u32 {
    number * n
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(times(2, 4).await.unwrap(), 8);
}
