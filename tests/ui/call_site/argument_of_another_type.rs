use spawn_runtime::background;

#[background]
async fn double(number: u32) -> u32 {
    2 * number
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(double("3").await.unwrap(), 6);
}

//~ fix 10: assert_eq!(double(3).await.unwrap(), 6);
