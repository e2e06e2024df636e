use spawn_temporal::background;

#[background(durable = "ui.parameters.constant")]
async fn times<const N: u32>(number: u32) -> u32 {
    number * N
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(times::<2>(4).await.unwrap(), 8);
}
