use spawn_runtime::background;

#[background]
async fn three() -> u32 {
    let one = 1
    one + 2
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}

//~ fix 5: let one = 1;
