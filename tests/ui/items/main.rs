use spawn_runtime::background;

#[background]
async fn main() {
    println!("hello");
}
