use spawn_runtime::background;

#[background]
async fn three() -> u32 {
    3
}

#[deny(unused_must_use)]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    three();
}

//~ fix 11: three().detach();
