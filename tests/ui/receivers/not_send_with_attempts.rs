use spawn_runtime::background;

#[derive(Clone)]
struct Page(std::rc::Rc<str>);

impl Page {
    #[background(attempts = 2)]
    async fn length(self) -> usize {
        self.0.len()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Page("one".into()).length().await.unwrap(), 3);
}

//~ fix 4: struct Page(std::sync::Arc<str>);
