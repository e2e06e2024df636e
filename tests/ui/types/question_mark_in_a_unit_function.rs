use spawn_runtime::background;

#[background]
async fn three() {
    let _three: u32 = "3".parse()?;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    three().await.unwrap();
}
