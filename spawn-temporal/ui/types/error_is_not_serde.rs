use spawn_temporal::background;

#[background(durable = "ui.types.error")]
async fn parse(text: String) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(parse("8".to_owned()).await.unwrap().unwrap(), 8);
}
