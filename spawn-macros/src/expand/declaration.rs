//! A method's declaration in a trait.

use super::signature::header;
use crate::checked::Outline;
use proc_macro2::TokenStream;
use quote::quote;
use syn::Token;

/// Input:
///     `async fn run(self: Arc<Self>, #[cancel] token: CancellationToken) -> R;`
///
/// Output:
///     `#[track_caller] fn run(self: Arc<Self>) -> TaskHandle<R>;`
pub(super) fn expand(outline: &Outline, semicolon: Token![;]) -> TokenStream {
    let header = header(outline, &outline.public_parameters());
    quote!(#header #semicolon)
}
