use spawn_runtime::background;
use std::pin::Pin;

struct Job {
    size: u32,
}

impl Job {
    #[background]
    async fn run(self: Pin<Box<Self>>) -> u32 {
        self.size
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let job = Box::pin(Job { size: 3 });
    assert_eq!(job.run().await.unwrap(), 3);
}
