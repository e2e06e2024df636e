use spawn_runtime::background;

#[background]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().count_ones(), 2);
}

//~ fix 10: assert_eq!(three().await.unwrap().count_ones(), 2);
