use spawn_runtime::background;

#[background(label = pair.0)]
async fn three(pair: (u32, u32)) -> u32 {
    let (id, _) = pair;
    id
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three((3, 4)).await.unwrap(), 3);
}
