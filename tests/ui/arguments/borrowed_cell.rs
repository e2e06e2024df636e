use spawn_runtime::background;
use std::cell::RefCell;

#[background]
async fn push(log: &RefCell<Vec<u32>>) -> usize {
    log.borrow_mut().push(3);
    log.borrow().len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(push(&RefCell::default()).await.unwrap(), 1);
}
