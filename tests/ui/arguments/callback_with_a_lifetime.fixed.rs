use spawn_runtime::background;

#[background]
async fn call(function: Box<dyn Fn(&str) -> usize + Send>) -> usize {
    function("three")
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(call(Box::new(str::len)).await.unwrap(), 5);
}
