use spawn_runtime::background;

#[background(detach, guard, abort_on_drop)]
async fn three() {}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    three();
}

//~ fix 3: #[background(detach)]
