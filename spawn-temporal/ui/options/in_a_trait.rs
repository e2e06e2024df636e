use spawn_temporal::background;

#[allow(dead_code)] // its implementations are elsewhere
trait Double {
    #[background(durable = "ui.options.trait")]
    async fn double(self, number: u32) -> u32;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
}

//~ fix 5: #[background]
