use spawn_runtime::background;

#[background]
async fn three() -> u32 {
    3
}

fn sum() -> u32 {
    three().await.unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(sum(), 3);
}
