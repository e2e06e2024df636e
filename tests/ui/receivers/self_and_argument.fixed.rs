use spawn_runtime::background;

struct Job {
    size: u32,
}

impl Job {
    #[background]
    async fn run(self, by: u32) -> u32 {
        self.size * by
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let job = Job { size: 3 };
    assert_eq!(job.run(2).await.unwrap(), 6);
}
