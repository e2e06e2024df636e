use spawn_runtime::background;

#[background]
async fn three() -> u32 {
    let one: u32 = 1;
    let two: u32 = 2;
    one + two
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}
