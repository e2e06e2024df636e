use spawn_temporal::background;

#[background(durable = "ui.parameters.several", limit = 4)]
async fn double<T: Into<u64>>((number, _): (T, u8), text: &str, #[state(x)] factor: u64) -> u64 {
    let _ = text;
    number.into() * factor
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().state(2_u64).install();
    assert_eq!(double((4_u32, 0), "").await.unwrap(), 8);
}
