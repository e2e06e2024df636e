use rstest::rstest;
use spawn_runtime::background;

#[rstest]
#[tokio::test]
#[background]
async fn adds_up() {
    assert_eq!(1 + 2, 3);
}

fn main() {}
