use spawn_runtime::background;
use std::rc::Rc;

struct Job {
    size: u32,
}

impl Job {
    #[background]
    async fn run(self: Rc<Self>) -> u32 {
        self.size
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Rc::new(Job { size: 3 }).run().await.unwrap(), 3);
}
