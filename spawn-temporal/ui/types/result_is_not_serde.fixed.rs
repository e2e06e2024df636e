use spawn_temporal::background;

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Number(u32);

#[background(durable = "ui.types.result")]
async fn double(number: u32) -> Number {
    Number(number * 2)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(4).await.unwrap(), Number(8));
}
