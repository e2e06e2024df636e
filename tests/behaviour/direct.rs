//! `direct = …`: the plain function too, under a name of its own.

use std::sync::Arc;

use spawn_runtime::{CancellationToken, background};

#[background(direct = generate_in_place)]
/// Documented.
async fn generate<T: ToString + Send + 'static, const N: usize>(
    (id, _): (T, u8),
    mut text: String,
    _unused: [u8; N],
) -> Result<String, std::fmt::Error> {
    text.push_str(&id.to_string());
    if text.is_empty() {
        return Err(std::fmt::Error);
    }
    Ok(text)
}

#[background(direct = make_in_place)]
async fn make<T: Default + Send + 'static>() -> T {
    T::default()
}

#[background(blocking, direct = square_in_place)]
fn square(number: u32) -> u32 {
    number * number
}

#[background(direct = until_in_place)]
async fn until(#[cancel] token: CancellationToken, value: u8) -> u8 {
    token.cancelled().await;
    value
}

struct Service(u32);

impl Service {
    #[background(direct = run_in_place)]
    async fn run(self: Arc<Self>, number: u32) -> u32 {
        self.0 + number
    }

    #[background(direct = Self::new_in_place)]
    async fn create(number: u32) -> Service {
        Service(number)
    }
}

#[tokio::test]
async fn the_background_function_does_what_the_plain_one_does() {
    let in_place = generate_in_place((7, 0), "report ".to_owned(), [0; 3]).await;
    assert_eq!(in_place.unwrap(), "report 7");
    let background = generate((7, 0), "report ".to_owned(), [0; 3])
        .await
        .unwrap();
    assert_eq!(background.unwrap(), "report 7");

    assert_eq!(make_in_place::<u8>().await, make::<u8>().await.unwrap());
    assert_eq!(square_in_place(9), square(9).await.unwrap());

    let token = CancellationToken::new();
    token.cancel();
    assert_eq!(until_in_place(token, 3).await, 3);
    let handle = until(3);
    handle.cancel();
    assert_eq!(handle.await.unwrap(), 3);

    let service = Arc::new(Service::new_in_place(1).await);
    assert_eq!(
        service.clone().run_in_place(2).await,
        service.run(2).await.unwrap()
    );
    assert_eq!(Service::create(4).await.unwrap().0, 4);
}
