use spawn_runtime::background;

#[background(blocking, attempts = 3)]
fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}

//~ fix 3: #[background(blocking)]
