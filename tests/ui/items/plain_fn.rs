use spawn_runtime::background;

#[background]
fn add(left: u32, right: u32) -> u32 {
    left + right
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(add(1, 2).await.unwrap(), 3);
}

//~ fix 4: async fn add(left: u32, right: u32) -> u32 {
