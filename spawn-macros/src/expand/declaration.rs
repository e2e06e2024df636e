//! A method's declaration in a trait.

use super::signature::header;
use crate::checked::Outline;
use crate::parameter::Parameter;
use proc_macro2::TokenStream;
use quote::quote;
use syn::Token;

/// Input:
///     `async fn run(self: Arc<Self>, #[cancel] token: CancellationToken) -> R;`
///
/// Output:
///     `#[track_caller] fn run(self: Arc<Self>) -> TaskHandle<R>;`
pub(super) fn expand(outline: &Outline, semicolon: Token![;]) -> TokenStream {
    let public = outline
        .parameters
        .iter()
        .filter(|parameter| !parameter.is_cancel());
    let parameters: Vec<TokenStream> = public.map(Parameter::as_written).collect();
    let header = header(outline, &outline.function.attributes, &parameters);
    quote!(#header #semicolon)
}
