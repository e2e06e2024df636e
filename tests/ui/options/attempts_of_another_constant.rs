use spawn_runtime::background;

const MOST: usize = 3;

#[background(attempts = MOST)]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}

//~ fix 3: const MOST: u32 = 3;
