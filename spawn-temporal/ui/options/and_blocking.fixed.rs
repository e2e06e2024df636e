use spawn_temporal::background;

#[background(durable = "ui.options.and_blocking")]
async fn double(number: u32) -> u32 {
    tokio::task::spawn_blocking(move || number * 2).await.unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(4).await.unwrap(), 8);
}
