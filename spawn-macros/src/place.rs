//! Where the user's tokens stand.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Type;

/// The place of the first token, which resolves names where the user's own does.
pub(crate) fn of(tokens: impl ToTokens) -> Span {
    let first = tokens.into_token_stream().into_iter().next();
    first.map_or_else(Span::call_site, |token| token.span())
}

/// The same for a type, which most often begins with a name.
pub(crate) fn of_type(ty: &Type) -> Span {
    match ty {
        Type::Path(path) if path.qself.is_none() && path.path.leading_colon.is_none() => {
            path.path.segments[0].ident.span()
        }
        _ => of(ty),
    }
}
