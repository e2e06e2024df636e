use spawn_runtime::background;
use std::str::FromStr;

#[background]
async fn parse<T: FromStr + 'static>(text: String) -> Option<T> {
    text.parse().ok()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(parse("3".to_owned()).await.unwrap(), Some(3));
}

//~ fix 5: async fn parse<T: FromStr + 'static + std::marker::Send>(text: String) -> Option<T> {
