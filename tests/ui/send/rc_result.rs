use spawn_runtime::background;
use std::rc::Rc;

#[background]
async fn three() -> Rc<u32> {
    Rc::new(3)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(*three().await.unwrap(), 3);
}
