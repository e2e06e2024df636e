use spawn_temporal::background;

#[background(durable = 7)]
async fn double(number: u32) -> u32 {
    number * 2
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(double(4).await.unwrap(), 8);
}

//~ fix 3: #[background(durable = "reports.generate.v2")]
