use spawn_runtime::background;
use std::error::Error;
use std::num::ParseIntError;

#[background]
async fn parse(text: String) -> Result<u32, ParseIntError> {
    text.parse()
}

async fn double() -> Result<u32, Box<dyn Error>> {
    Ok(2 * parse("3".to_owned()).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(double().await.unwrap(), 6);
}

//~ fix 11: Ok(2 * parse("3".to_owned()).await??)
