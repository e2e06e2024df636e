use spawn_temporal::background;

struct Doubler(u32);

impl Doubler {
    #[background(durable = "ui.parameters.receiver")]
    async fn double(self, number: u32) -> u32 {
        number * self.0
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(Doubler(2).double(4).await.unwrap(), 8);
}
