use spawn_runtime::background;

#[background(guard, abort_on_drop)]
async fn wait() {
    std::future::pending().await
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let guard = wait();
    assert!(!guard.is_finished());
}

//~ fix 3: #[background(guard)]
