use spawn_temporal::background;

struct Factor(u32);

#[background(durable = "ui.types.state")]
async fn double(number: u32, #[state] factor: Factor) -> u32 {
    number * factor.0
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().state(std::sync::Arc::new(Factor(2))).install();
    assert_eq!(double(4).await.unwrap(), 8);
}

//~ fix 6: async fn double(number: u32, #[state] factor: std::sync::Arc<Factor>) -> u32 {
