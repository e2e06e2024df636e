use spawn_runtime::background;

#[background(abort_on_drop)]
async fn three() -> u32 {
    3
}

#[deny(unused_must_use)]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let _three = three();
}
