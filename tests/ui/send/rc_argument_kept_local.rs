use spawn_runtime::background;
use std::rc::Rc;

#[background]
async fn three(numbers: Rc<u32>) -> u32 {
    *numbers
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let local = tokio::task::LocalSet::new();
    let three = local.run_until(async { three(Rc::new(3)).await });
    assert_eq!(three.await.unwrap(), 3);
}

//~ fix 4: #[background(local)]
