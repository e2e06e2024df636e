use spawn_runtime::background;

#[background]
async fn three() -> Result<u32, String> {
    Err(3)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), Err("3".to_owned()));
}

//~ fix 5: Err(3.to_string())
