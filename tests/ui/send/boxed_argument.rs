use spawn_runtime::background;

#[background]
async fn call(function: Box<dyn Fn() -> u32>) -> u32 {
    function()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(call(Box::new(|| 3)).await.unwrap(), 3);
}

//~ fix 4: async fn call(function: Box<dyn Fn() -> u32 + Send>) -> u32 {
