use spawn_runtime::background;

#[background]
async fn three(early: bool) -> u32 {
    if early {
        return Some(3);
    }
    3
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three(true).await.unwrap(), 3);
}

//~ fix 6: return 3;
