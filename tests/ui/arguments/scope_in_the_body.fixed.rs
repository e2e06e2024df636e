use spawn_runtime::{TaskScope, background};

#[background(on = scope)]
async fn three(scope: &TaskScope) -> usize {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let scope = TaskScope::new();
    assert_eq!(three(&scope).await.unwrap(), 3);
}
