use spawn_runtime::background;

#[background]
async fn count(first: u32, rest: Vec<u32>) -> u32 {
    first + rest.len() as u32
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(count(1, Vec::new()).await.unwrap(), 1);
}
