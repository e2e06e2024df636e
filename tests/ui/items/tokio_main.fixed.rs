use spawn_runtime::background;

#[background]
async fn greet() {
    println!("hello");
}

#[tokio::main]
async fn main() {
    greet().await.unwrap();
}
