use spawn_runtime::background;

#[background(blocking)]
fn three(#[cancel] token: spawn_runtime::CancellationToken) -> u32 {
    if token.is_cancelled() {
        return 0;
    }
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}
