use spawn_runtime::background;
use std::path::Path;

#[background]
async fn copy(from: std::path::PathBuf, to: std::path::PathBuf, buffer: Vec<u8>) -> usize {
    from.as_os_str().len() + to.as_os_str().len() + buffer.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let length = copy(Path::new("a").into(), Path::new("b").into(), vec![0; 4]);
    assert_eq!(length.await.unwrap(), 6);
}
