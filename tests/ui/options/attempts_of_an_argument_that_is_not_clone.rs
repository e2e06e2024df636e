use spawn_runtime::background;

struct Connection(u32);

#[background(attempts = 3)]
async fn three(connection: Connection) -> u32 {
    connection.0
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(three(Connection(3)).await.unwrap(), 3);
}

//~ fix 3: #[derive(Clone)] struct Connection(u32);
