use spawn_runtime::background;

const MOST: u32 = 0;

#[background(attempts = MOST)]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}

//~ fix 3: const MOST: u32 = 1;
