use spawn_runtime::background;
use std::pin::Pin;

struct Job {
    size: u32,
}

impl Job {
    #[background]
    async fn run(self: Pin<&mut Self>) -> u32 {
        self.size
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut job = Box::pin(Job { size: 3 });
    assert_eq!(job.as_mut().run().await.unwrap(), 3);
}
