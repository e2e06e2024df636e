use spawn_runtime::background;
use std::sync::Arc;

#[background]
async fn numbers() -> impl Iterator<Item = u32> {
    let rest = Arc::new(2);
    (0..3).map(move |number| number % *rest)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(numbers().await.unwrap().sum::<u32>(), 1);
}
