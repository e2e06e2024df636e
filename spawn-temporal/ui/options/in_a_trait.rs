use spawn_temporal::background;

trait Double {
    #[background(durable = "ui.options.trait")]
    async fn double(self, number: u32) -> u32;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    // The implementations are elsewhere.
}
