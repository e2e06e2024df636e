use spawn_runtime::background;

#[background]
async fn three(early: bool) -> u32 {
    if early { 3 } else { "four" }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three(true).await.unwrap(), 3);
}

//~ fix 5: if early { 3 } else { 4 }
