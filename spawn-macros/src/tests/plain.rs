//! Which functions go past the stages. That both ways write the same is checked by `expand`.

use super::{expand, tokens};
use crate::plain;
use proc_macro2::TokenStream;

#[track_caller]
fn is_plain(item: &str) -> bool {
    let item = tokens(item);
    expand(TokenStream::new(), item.clone());
    plain::expand(&TokenStream::new(), &item).is_some()
}

#[test]
fn what_most_functions_look_like_is_plain() {
    for item in [
        "async fn f() {}",
        "/// Docs.\n/// More.\npub async fn f(id: u64) { work(id).await; }",
        "pub(crate) async fn f(id: u64, name: String,) -> Result<(), io::Error> { go(id, name).await }",
        "async fn f(a: A, b: crate::B<C, Vec<u8>>) {}",
        "async fn f(self) -> Self { self }",
        "async fn f(self: Arc<Self>, a: A) -> Option<T> { let b = self.b; g(a, b) }",
        "async fn f(self: Pin<Box<Self>>, a: A, b: B) -> () { a; }",
        "async fn f(a: A, b: B) -> Report { for a in b { a.await; } }",
        "async fn f(a: A) -> anyhow::Result<Vec<Row>> { a }",
        "async fn r#type(r#fn: A) { r#fn; }",
        "async fn f(a: ()) {}",
        "async fn a_name_of_thirty_two_bytes_12345(a: A) {}",
    ] {
        assert!(is_plain(item), "{item}");
    }
}

#[test]
fn what_asks_for_care_is_not_plain() {
    for item in [
        "fn f() {}",
        "async fn f();",
        "const async fn f() {}",
        "async unsafe fn f() {}",
        "async fn main() {}",
        "#[must_use] async fn f() {}",
        "#[doc(hidden)] async fn f() {}",
        "#[cfg(a)] async fn f() {}",
        "#[background] async fn f() {}",
        "pub(in crate::a) async fn f() {}",
        "async fn f<T>(t: T) {}",
        "async fn f() where u8: Copy {}",
        "async fn f(&self) {}",
        "async fn f(mut self) {}",
        "async fn f(a: A, self) {}",
        "async fn f(mut a: A) {}",
        "async fn f(_: A) {}",
        "async fn f(_guard: A) {}",
        "async fn f(NAME: A) {}",
        "async fn f((a, b): (A, B)) {}",
        "async fn f(#[cancel] token: CancellationToken) {}",
        "async fn f(a: &str) {}",
        "async fn f(a: Cow<'_, str>) {}",
        "async fn f(a: Rc<str>) {}",
        "async fn f(a: impl Display) {}",
        "async fn f(a: Box<dyn Display>) {}",
        "async fn f(a: Box<A, Item = B>) {}",
        "async fn f(a: [u8; 4]) {}",
        "async fn f(a: fn(A)) {}",
        "async fn f(a: A + B) {}",
        "async fn f(a: <A as B>::C) {}",
        "async fn f(a: A<B>::C) {}",
        "async fn f(a: m!()) {}",
        "async fn f(a: ::std::A) {}",
        "async fn f(a: where) {}",
        "async fn f(a: A<>) {}",
        "async fn f(a A) {}",
        "async fn f(a: A b: B) {}",
        "async fn f(,) {}",
        "async fn f(a: A,,) {}",
        "async fn f() -> {}",
        "async fn f() -> ! { loop {} }",
        "async fn f() -> impl Display { 1 }",
        "async fn f() -> A<B<C<D<E<F>>>>> {}",
        "async fn f() { #![allow(unused)] g() }",
        "async fn f() {} async fn g() {}",
        "async fn a_name_of_more_than_thirty_two_bytes() {}",
        "async fn match() {}",
    ] {
        assert!(!is_plain(item), "{item}");
    }
}

#[test]
fn with_options_no_function_is_plain() {
    let item = tokens("async fn f() {}");
    assert!(plain::expand(&tokens("detach"), &item).is_none());
}
