use spawn_temporal::background;

#[background(durable = "ui.parameters.generic")]
async fn double(number: u32) -> u64 {
    u64::from(number) * 2
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(4_u32).await.unwrap(), 8);
}
