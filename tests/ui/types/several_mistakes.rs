use spawn_runtime::background;

#[background]
async fn three() -> u32 {
    let one: u32 = "one";
    let two: u32 = 'c';
    one + two + four()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}
