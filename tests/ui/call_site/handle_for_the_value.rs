use spawn_runtime::background;

#[background]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let three: u32 = three();
    assert_eq!(three, 3);
}

//~ fix 10: let three: u32 = three().await.unwrap();
