use spawn_runtime::background;

struct Buffer(*const u8);

#[background]
async fn is_null(buffer: Buffer) -> bool {
    buffer.0.is_null()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(is_null(Buffer(std::ptr::null())).await.unwrap());
}
