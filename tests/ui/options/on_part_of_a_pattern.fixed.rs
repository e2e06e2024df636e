use spawn_runtime::background;
use tokio::runtime::Handle;

#[background(on = pair.0)]
async fn three(pair: (Handle, u32)) -> u32 {
    let (_, number) = pair;
    number
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let handle = three((Handle::current(), 3));
    assert_eq!(handle.await.unwrap(), 3);
}
