use spawn_runtime::background;

#[background]
async fn length(text: String) -> usize {
    text.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let text = "abc".to_owned();
    let handle = length(text);
    assert_eq!(handle.await.unwrap(), text.len());
}

//~ fix 11: let handle = length(text.clone());
