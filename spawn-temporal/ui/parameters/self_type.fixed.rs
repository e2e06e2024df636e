use spawn_temporal::background;

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Number(u32);

#[background(durable = "ui.parameters.self_type")]
async fn double(number: Number) -> u32 {
    number.0 * 2
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(Number(4)).await.unwrap(), 8);
}
