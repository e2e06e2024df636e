use spawn_runtime::background;
use std::cell::Cell;

struct Job {
    size: Cell<*const u32>,
}

impl Job {
    #[background(local)]
    async fn run(self) -> bool {
        self.size.get().is_null()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let local = tokio::task::LocalSet::new();
    let _entered = local.enter();
    let job = Job {
        size: Cell::new(std::ptr::null()),
    };
    let handle = job.run();
    assert!(local.run_until(handle).await.unwrap());
}
