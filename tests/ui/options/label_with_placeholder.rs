use spawn_runtime::background;

#[background(label = "order {id}")]
async fn three(id: u32) -> u32 {
    id
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three(3).await.unwrap(), 3);
}

//~ fix 3: #[background(label = format_args!("order {id}"))]
