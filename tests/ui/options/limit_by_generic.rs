use spawn_runtime::background;

#[background(limit = MOST)]
async fn three<const MOST: usize>() -> usize {
    MOST
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three::<3>().await.unwrap(), 3);
}

//~ fix 3: #[background(limit = 4)]
