use rstest::rstest;
use spawn_runtime::background;

#[background]
#[rstest]
#[tokio::test]
async fn adds_up() {
    assert_eq!(1 + 2, 3);
}

fn main() {}
