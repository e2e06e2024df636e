use spawn_runtime::CancellationToken;
use spawn_runtime::background;

#[background]
async fn work(#[cancel] _: CancellationToken) -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(work().await.unwrap(), 3);
}
