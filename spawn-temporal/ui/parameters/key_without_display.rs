use spawn_temporal::background;

#[background(durable = "ui.parameters.key_without_display")]
async fn sum(#[key] numbers: Vec<u32>, #[allow(unused)] name: String) -> u32 {
    numbers.iter().sum()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    assert_eq!(sum(vec![4, 4], "a".to_owned()).await.unwrap(), 8);
}

//~ fix 4: async fn sum(numbers: Vec<u32>, #[key] #[allow(unused)] name: String) -> u32 {
