use spawn_temporal::background;

#[background(durable = "ui.options.and_blocking", blocking)]
fn double(number: u32) -> u32 {
    number * 2
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(4).await.unwrap(), 8);
}
