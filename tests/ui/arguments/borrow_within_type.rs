use spawn_runtime::background;

#[background]
async fn count(words: Option<&str>) -> usize {
    words.map_or(0, |words| words.split(' ').count())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(count(Some("a b")).await.unwrap(), 2);
}
