use spawn_runtime::background;

#[deny(unused_variables)]
#[background]
async fn three(number: u32) -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three(3).await.unwrap(), 3);
}

//~ fix 5: async fn three(_number: u32) -> u32 {
