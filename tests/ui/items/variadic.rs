use spawn_runtime::background;

#[background]
async fn count(first: u32, _: ...) -> u32 {
    first
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(count(1).await.unwrap(), 1);
}
