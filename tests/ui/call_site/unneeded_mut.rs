use spawn_runtime::background;

#[deny(unused_mut)]
#[background]
async fn three(mut number: u32) -> u32 {
    number
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three(3).await.unwrap(), 3);
}

//~ fix 5: async fn three(number: u32) -> u32 {
