use spawn_temporal::background;

#[background(durable = "ui.parameters.impl_trait")]
async fn double(number: impl Into<u64> + Send + 'static) -> u64 {
    let number: u64 = number.into();
    number * 2
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(4_u32).await.unwrap(), 8);
}

//~ fix 4: async fn double(number: u32) -> u64 {
