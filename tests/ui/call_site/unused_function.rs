use spawn_runtime::background;

#[deny(dead_code)]
#[background]
async fn three() -> u32 {
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {}

//~ fix 5: async fn _three() -> u32 {
