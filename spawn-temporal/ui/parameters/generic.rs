use spawn_temporal::background;

#[background(durable = "ui.parameters.generic")]
async fn double<T: Into<u64> + Send + 'static>(number: T) -> u64 {
    number.into() * 2
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(4_u32).await.unwrap(), 8);
}
