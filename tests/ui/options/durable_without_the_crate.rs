use spawn_runtime::background;

#[background(durable = "double.v1")]
async fn double(number: u32) -> u32 {
    number * 2
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(double(4).await.unwrap(), 8);
}

//~ fix 3: #[background]
