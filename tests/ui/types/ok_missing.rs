use spawn_runtime::background;

#[background]
async fn three() -> Result<u32, String> {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), Ok(3));
}

//~ fix 5: Ok(3)
