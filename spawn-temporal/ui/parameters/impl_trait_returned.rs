use spawn_temporal::background;

#[background(durable = "ui.parameters.returned")]
async fn double(number: u32) -> Option<impl PartialEq<u32> + std::fmt::Debug + Send + 'static> {
    Some(number * 2)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(4).await.unwrap().unwrap(), 8);
}

//~ fix 4: async fn double(number: u32) -> Option<u32> {
