use spawn_runtime::background;

#[background]
async fn longest(words: impl Iterator<Item = String> + Send + 'static) -> usize {
    words.map(|word| word.len()).max().unwrap_or(0)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(longest(["one"].into_iter().map(str::to_owned)).await.unwrap(), 3);
}
