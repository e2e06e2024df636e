use spawn_temporal::background;

#[background(durable = "ui.parameters.key_with_arguments")]
async fn double(#[key(number)] number: u32) -> u32 {
    number * 2
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(4).await.unwrap(), 8);
}

//~ fix 4: async fn double(#[key] number: u32) -> u32 {
