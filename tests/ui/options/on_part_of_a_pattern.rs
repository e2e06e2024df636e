use spawn_runtime::background;
use tokio::runtime::Handle;

#[background(on = handle)]
async fn three((handle, number): (Handle, u32)) -> u32 {
    number
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let handle = three((Handle::current(), 3));
    assert_eq!(handle.await.unwrap(), 3);
}
