use spawn_runtime::{CancellationToken, background};

#[background(label = format_args!("{:?}", token))]
async fn three(#[cancel] token: CancellationToken) -> u32 {
    drop(token);
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}

//~ fix 3: #[background(label = "the only one")]
