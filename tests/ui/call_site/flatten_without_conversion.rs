use spawn_runtime::background;
use std::num::ParseIntError;

#[background]
async fn parse(text: String) -> Result<u32, ParseIntError> {
    text.parse()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let number = parse("3".to_owned()).flatten().await;
    assert_eq!(number.unwrap(), 3);
}

//~ fix 11: let number = parse("3".to_owned()).await.unwrap();
