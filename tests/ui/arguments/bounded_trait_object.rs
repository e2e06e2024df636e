use spawn_runtime::background;
use std::fmt::Display;

#[background]
async fn show<'a>(value: Box<dyn Display + Send + 'a>) -> String {
    value.to_string()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(show(Box::new(3)).await.unwrap(), "3");
}

//~ fix 5: async fn show(value: Box<dyn Display + Send>) -> String {
