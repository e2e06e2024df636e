use spawn_temporal::background;

#[background(durable = "ui.parameters.pattern")]
async fn multiply(argument: (u32, u32)) -> u32 {
    let (one, other) = argument;
    one * other
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(multiply((2, 4)).await.unwrap(), 8);
}
