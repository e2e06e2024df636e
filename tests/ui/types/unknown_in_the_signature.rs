use spawn_runtime::background;

struct Job {
    size: u32,
}

#[background]
async fn three(job: Jop) -> u32 {
    job.size
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three(Job { size: 3 }).await.unwrap(), 3);
}

//~ fix 8: async fn three(job: Job) -> u32 {
