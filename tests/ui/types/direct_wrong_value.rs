use spawn_runtime::background;

#[background(direct = three_now)]
async fn three() -> u32 {
    "three"
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), three_now().await);
}

//~ fix 5: 3
