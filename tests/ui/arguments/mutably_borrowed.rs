use spawn_runtime::background;

#[background]
async fn push(log: &mut Vec<String>) {
    log.push("done".to_owned());
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut log = Vec::new();
    push(&mut log).await.unwrap();
    assert_eq!(log.len(), 1);
}
