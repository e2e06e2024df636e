use spawn_runtime::background;

#[background(limit = most)]
async fn three(most: usize) -> usize {
    most
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three(3).await.unwrap(), 3);
}

//~ fix 3: #[background(limit = 4)]
