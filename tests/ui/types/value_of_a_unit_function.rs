use spawn_runtime::background;

#[background]
async fn three() {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    three().await.unwrap();
}

//~ fix 4: async fn three() -> i32 {
