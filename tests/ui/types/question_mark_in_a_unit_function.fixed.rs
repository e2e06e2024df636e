use spawn_runtime::background;

#[background]
async fn three() -> Result<(), std::num::ParseIntError> {
    let _three: u32 = "3".parse()?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    three().await.unwrap().unwrap();
}
