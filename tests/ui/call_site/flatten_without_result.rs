use spawn_runtime::background;

#[background]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().flatten().await, 3);
}

//~ fix 10: assert_eq!(three().await.unwrap(), 3);
