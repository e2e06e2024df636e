use spawn_runtime::background;
use std::fmt::Display;

#[background]
async fn show(value: impl Display + 'static) -> String {
    value.to_string()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(show(3).await.unwrap(), "3");
}

//~ fix 5: async fn show(value: impl Display + 'static + std::marker::Send) -> String {
