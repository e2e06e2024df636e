use spawn_runtime::background;
use std::path::Path;

#[background]
async fn copy(from: &Path, to: &Path, buffer: &mut [u8]) -> usize {
    from.as_os_str().len() + to.as_os_str().len() + buffer.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let length = copy(Path::new("a"), Path::new("b"), &mut [0; 4]);
    assert_eq!(length.await.unwrap(), 6);
}
