use spawn_runtime::background;

struct Name<'a> {
    text: &'a str,
}

#[background]
async fn greet<'a>(name: Name<'a>) -> usize {
    name.text.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(greet(Name { text: "Ann" }).await.unwrap(), 3);
}

//~ fix 8: async fn greet(name: Name<'static>) -> usize {
