use spawn_runtime::background;

#[background]
async fn add(numbers: (u32, u32)) -> u32 {
    let (left, right) = numbers;
    left + right + numbers.0
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(add((1, 2)).await.unwrap(), 4);
}
