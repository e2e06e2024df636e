use spawn_runtime::background;

#[background]
async fn add((left, right): (u32, u32)) -> u32 {
    left + right + __arg0.0
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(add((1, 2)).await.unwrap(), 4);
}
