use spawn_runtime::background;

fn is_temporary(error: &u32) -> bool {
    *error > 0
}

#[background(attempts = 3, retry_if = is_temporary)]
async fn three() -> Option<u32> {
    Some(3)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let value = three().await.unwrap();
    assert!(is_temporary(&1) && value.into_iter().all(|value| value == 3));
}

//~ fix 7: #[background(attempts = 3)]
