use spawn_runtime::background;

#[background]
const SIZE: u32 = 3;

fn main() {
    assert_eq!(SIZE, 3);
}
