use spawn_runtime::background;

trait Source {
    type Item;
}

impl Source for u32 {
    type Item = u32;
}

#[background]
async fn keep<S: Source<Item: Send>>(item: S::Item) -> Vec<u32> {
    drop(item);
    Vec::new()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(keep::<u32>(3).await.unwrap(), []);
}
