use spawn_runtime::background;

#[background]
async fn state() -> &str {
    "ready"
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(state().await.unwrap(), "ready");
}

//~ fix 4: async fn state() -> &'static str {
