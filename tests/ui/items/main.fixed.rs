use spawn_runtime::background;

#[background]
async fn greet() {
    println!("hello");
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    greet().await.unwrap();
}
