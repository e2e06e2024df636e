use spawn_runtime::background;
use std::fmt::Display;

#[background]
async fn show(value: impl Display + Send + 'static) -> String {
    value.to_string()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(show(3).await.unwrap(), "3");
}
