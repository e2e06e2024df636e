use spawn_temporal::background;

#[background(durable = "ui.options.on", on = scope)]
async fn double(scope: &spawn_runtime::TaskScope, number: u32) -> u32 {
    number * 2
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    spawn_temporal::local().install();
    let scope = spawn_runtime::TaskScope::new();
    assert_eq!(double(&scope, 4).await.unwrap(), 8);
}
