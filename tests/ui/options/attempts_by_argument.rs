use spawn_runtime::background;

#[background(attempts = most)]
async fn three(most: u32) -> u32 {
    most
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three(3).await.unwrap(), 3);
}

//~ fix 3: #[background(attempts = 3)]
