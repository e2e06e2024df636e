use spawn_runtime::background;

struct Buffer(*const u8);

#[background(local)]
async fn is_null(buffer: Buffer) -> bool {
    buffer.0.is_null()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let local = tokio::task::LocalSet::new();
    let is_null = local.run_until(async { is_null(Buffer(std::ptr::null())).await });
    assert!(is_null.await.unwrap());
}
