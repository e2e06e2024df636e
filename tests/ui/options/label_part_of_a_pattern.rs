use spawn_runtime::background;

#[background(label = id)]
async fn three((id, _): (u32, u32)) -> u32 {
    id
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three((3, 4)).await.unwrap(), 3);
}
