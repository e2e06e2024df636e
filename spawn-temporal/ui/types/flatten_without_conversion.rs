use spawn_temporal::background;

#[background(durable = "ui.types.flatten")]
async fn double(number: u32) -> Result<u32, u8> {
    number.checked_mul(2).ok_or(0)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(4).flatten().await.unwrap(), 8);
}

//~ fix 11: assert_eq!(double(4).await.unwrap().unwrap(), 8);
