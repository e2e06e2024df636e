use spawn_runtime::background;

#[background]
#[tokio::main]
async fn main() {
    println!("hello");
}
