use spawn_runtime::background;

#[background]
async fn work(#[cancel] token: spawn_runtime::CancellationToken) -> u32 {
    drop(token);
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(work().await.unwrap(), 3);
}
