use spawn_runtime::{TaskScope, background};
use std::sync::LazyLock;

static SCOPE: LazyLock<TaskScope> = LazyLock::new(TaskScope::new);

#[background(on = *SCOPE)]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}
