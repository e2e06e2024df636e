use spawn_runtime::background;

#[background(attempts = 3)]
async fn same<T: Send + 'static>(value: T) -> T {
    value
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(same(3).await.unwrap(), 3);
}

//~ fix 4: async fn same<T: Send + 'static + Clone>(value: T) -> T {
