use spawn_runtime::background;
use std::error::Error;

#[background]
async fn parse(text: String) -> Result<u32, Box<dyn Error>> {
    Ok(text.parse()?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(parse("3".to_owned()).await.unwrap().unwrap(), 3);
}

//~ fix 5: async fn parse(text: String) -> Result<u32, Box<dyn Error + Send + Sync>> {
