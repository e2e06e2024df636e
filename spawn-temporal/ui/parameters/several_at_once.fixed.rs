use spawn_temporal::background;

#[background(durable = "ui.parameters.several")]
async fn double(argument: (u32, u8), text: String, #[state] factor: u64) -> u64 {
    let (number, _) = argument;
    let _ = text;
    u64::from(number) * factor
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().state(2_u64).install();
    assert_eq!(double((4, 0), String::new()).await.unwrap(), 8);
}
