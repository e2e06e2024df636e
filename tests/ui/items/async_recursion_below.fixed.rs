use spawn_runtime::background;

#[background]
async fn depth(left: u32) -> u32 {
    if left == 0 { 0 } else { depth(left - 1).await.unwrap() + 1 }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(depth(3).await.unwrap(), 3);
}
