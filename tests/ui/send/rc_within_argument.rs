use spawn_runtime::background;
use std::rc::Rc;

#[background]
async fn sum(numbers: Vec<Rc<u32>>) -> u32 {
    numbers.iter().map(|number| **number).sum()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(sum(vec![Rc::new(3)]).await.unwrap(), 3);
}
