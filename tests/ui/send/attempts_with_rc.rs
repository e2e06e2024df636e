use spawn_runtime::background;
use std::rc::Rc;

#[background(attempts = 2)]
async fn three(shared: Rc<u32>) -> u32 {
    *shared
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let local = tokio::task::LocalSet::new();
    let three = local.run_until(async { three(Rc::new(3)).await });
    assert_eq!(three.await.unwrap(), 3);
}

//~ fix 4: #[background(attempts = 2, local)]
