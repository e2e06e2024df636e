use spawn_runtime::background;

#[background]
#[test]
async fn adds_up() {
    assert_eq!(1 + 2, 3);
}

fn main() {}
