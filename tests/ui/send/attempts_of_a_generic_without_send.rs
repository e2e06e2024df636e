use spawn_runtime::background;

#[background(attempts = 2)]
async fn length<T: AsRef<str> + Clone + 'static>(text: T) -> usize {
    text.as_ref().len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(length("one").await.unwrap(), 3);
}

//~ fix 4: async fn length<T: AsRef<str> + Clone + Send + 'static>(text: T) -> usize {
