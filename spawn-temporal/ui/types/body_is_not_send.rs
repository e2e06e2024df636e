use spawn_temporal::background;

#[background(durable = "ui.types.send")]
async fn double(number: u32) -> u32 {
    let shared = std::rc::Rc::new(number);
    tokio::task::yield_now().await;
    *shared * 2
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(4).await.unwrap(), 8);
}

//~ fix 5: let shared = std::sync::Arc::new(number);
