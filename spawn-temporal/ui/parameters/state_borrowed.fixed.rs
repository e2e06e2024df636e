use spawn_temporal::background;

#[background(durable = "ui.parameters.state_borrowed")]
async fn double(number: u32, #[state] factor: u32) -> u32 {
    number * factor
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().state(2_u32).install();
    assert_eq!(double(4).await.unwrap(), 8);
}
