use spawn_runtime::background;

#[background]
async fn wait(#[cancel] token: impl Clone) {
    drop(token);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    wait().await.unwrap();
}

//~ fix 4: async fn wait(#[cancel] token: spawn_runtime::CancellationToken) {
