use spawn_runtime::background;

#[background]
async fn numbers() -> impl Iterator<Item = u32> {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(numbers().await.unwrap().sum::<u32>(), 3);
}

//~ fix 5: 0..3
