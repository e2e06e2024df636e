use spawn_runtime::background;

fn is_temporary(error: &u32) -> bool {
    *error > 0
}

#[background(attempts = 3, retry_if = is_temporary)]
async fn three() -> Result<u32, std::fmt::Error> {
    Ok(3)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(matches!(three().await, Ok(Ok(3))));
}

//~ fix 8: async fn three() -> Result<u32, u32> {
