use spawn_runtime::background;
use std::cell::Cell;

struct Job {
    size: Cell<*const u32>,
}

impl Job {
    #[background]
    async fn run(self) -> bool {
        self.size.get().is_null()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let job = Job {
        size: Cell::new(std::ptr::null()),
    };
    assert!(job.run().await.unwrap());
}
