use spawn_runtime::background;

#[background]
async fn three() -> Result<u32, String> {
    Ok(3)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), Ok(3));
}
