use spawn_runtime::background;

#[background]
struct Job {
    size: u32,
}

fn main() {
    assert_eq!(Job { size: 3 }.size, 3);
}
