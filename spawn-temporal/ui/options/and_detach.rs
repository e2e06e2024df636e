use spawn_temporal::background;

#[background(durable = "ui.options.and_detach", detach)]
async fn double(number: u32) -> u32 {
    number * 2
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    double(4);
}
