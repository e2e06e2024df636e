use spawn_runtime::background;

#[background]
async fn three(early: bool) -> u32 {
    match early {
        true => 3,
        false => 'c',
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three(true).await.unwrap(), 3);
}

//~ fix 7: false => 4,
