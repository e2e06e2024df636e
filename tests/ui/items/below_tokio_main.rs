use spawn_runtime::background;

#[tokio::main]
#[background]
async fn main() {
    println!("hello");
}
