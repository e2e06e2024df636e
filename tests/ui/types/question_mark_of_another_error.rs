use spawn_runtime::background;

#[background]
async fn three() -> Result<u32, std::io::Error> {
    Ok("3".parse()?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three().await.unwrap().unwrap(), 3);
}

//~ fix 5: Ok("3".parse().map_err(std::io::Error::other)?)
