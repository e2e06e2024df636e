use spawn_runtime::background;

#[derive(Debug)]
struct Order(u32);

#[background(label = order)]
async fn three(order: Order) -> u32 {
    order.0
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three(Order(3)).await.unwrap(), 3);
}

//~ fix 6: #[background(label = format_args!("{order:?}"))]
