use spawn_runtime::background;

#[background]
async fn three(#[cancel] token: spawn_runtime::CancellationToken) -> u32 {
    drop(token);
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}
