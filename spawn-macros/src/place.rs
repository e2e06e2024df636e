//! Where the user's tokens stand.

use proc_macro2::Span;
use quote::ToTokens;

/// The place of the first token, which resolves names where the user's own does.
pub(crate) fn of(tokens: impl ToTokens) -> Span {
    let first = tokens.into_token_stream().into_iter().next();
    first.map_or_else(Span::call_site, |token| token.span())
}
