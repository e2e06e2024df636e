use spawn_runtime::background;

#[background(blocking)]
fn three() -> u32 {
    "three"
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}

//~ fix 5: 3
