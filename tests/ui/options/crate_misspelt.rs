use spawn_runtime::background;

#[background(crate = ::spawn_runtimes)]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap(), 3);
}

//~ fix 3: #[background(crate = ::spawn_runtime)]
