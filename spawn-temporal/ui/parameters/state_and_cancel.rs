use spawn_temporal::{CancellationToken, background};

#[background(durable = "ui.parameters.state_and_cancel")]
async fn is_cancelled(#[state] #[cancel] token: CancellationToken) -> bool {
    token.is_cancelled()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert!(!is_cancelled().await.unwrap());
}

//~ fix 4: async fn is_cancelled(#[cancel] token: CancellationToken) -> bool {
