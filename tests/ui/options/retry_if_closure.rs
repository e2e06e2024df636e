use spawn_runtime::background;

fn is_temporary(error: &u32) -> bool {
    *error > 0
}

#[background(attempts = 3, retry_if = |error| is_temporary(error))]
async fn three() -> Result<u32, u32> {
    Ok(3)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), Ok(3));
}

//~ fix 7: #[background(attempts = 3, retry_if = is_temporary)]
