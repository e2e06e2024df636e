use spawn_runtime::background;
use std::fmt::Display;

#[background]
async fn show<T: Display + 'static>(value: T) -> String {
    value.to_string()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(show(3).await.unwrap(), "3");
}

//~ fix 5: async fn show<T: Display + 'static + std::marker::Send>(value: T) -> String {
