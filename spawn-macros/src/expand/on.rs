//! `on`: the spawner, owned or borrowed, evaluated before the arguments move.

use crate::checked::Outline;
use crate::place;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;

/// Whether an expression may name an argument, in a macro's input too.
pub(super) fn uses_arguments(expression: &Expr, outline: &Outline) -> bool {
    let is_argument = |word: &Ident| {
        let mut parameters = outline.parameters.iter();
        word == "self" || parameters.any(|parameter| parameter.is_called(word))
    };
    names_any(expression.to_token_stream(), &is_argument)
}

fn names_any(tokens: TokenStream, is_one: &dyn Fn(&Ident) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => is_one(&word),
        TokenTree::Group(group) => names_any(group.stream(), is_one),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Output:
///     `let __spawner = match &self.scope { spawner_given_by_on_of_background => spawner(spawner_given_by_on_of_background) };`
pub(super) fn own(on: &Expr, outline: &Outline) -> TokenStream {
    let argument = given(on);
    let place = argument.span();
    let runtime = outline.runtime_at(place);
    let call = quote_spanned!(place=> #runtime::__private::spawner(#argument));
    let on = operand(on, outline);
    quote_spanned!(outline.generated=> let __spawner = match &#on { #argument => #call };)
}

/// The function's body around `TOKENS`, with the spawner only borrowed: it is no part of the arguments that
/// move. To clone one takes time, above all a scope that many threads clone at once.
///
/// Input:
///     `on = SCOPE`, `TOKENS`
///
/// Output:
///     `match &SCOPE { spawner_given_by_on_of_background => { TOKENS } }`
pub(super) fn borrow(on: &Expr, outline: &Outline, tokens: &TokenStream) -> TokenStream {
    let argument = given(on);
    let on = operand(on, outline);
    quote_spanned!(outline.generated=> match &#on { #argument => { #tokens } })
}

/// What `on` gives. It stands where the user's expression does, at which rustc should point if that is no
/// spawner, so it is in the user's context, and the body can see it. Nobody has a name like that, and it
/// must not begin with `_`, which a lint would remark.
fn given(on: &Expr) -> Ident {
    Ident::new("spawner_given_by_on_of_background", place::of(on))
}

/// The spawner as the calls name it.
pub(super) fn spawner(on: &Expr, outline: &Outline) -> TokenStream {
    match uses_arguments(on, outline) {
        true => quote_spanned!(outline.generated=> __spawner),
        false => given(on).into_token_stream(),
    }
}

/// A reference to it. What is borrowed is one already, and a `&` of ours would be where rustc points if it
/// is no spawner.
pub(super) fn spawner_reference(on: &Expr, outline: &Outline) -> TokenStream {
    match uses_arguments(on, outline) {
        true => quote_spanned!(outline.generated=> &__spawner),
        false => given(on).into_token_stream(),
    }
}

/// An expression to put `&` before. Most need no parentheses, at which a lint might take offence.
fn operand(expression: &Expr, outline: &Outline) -> TokenStream {
    match expression {
        Expr::Call(_)
        | Expr::Field(_)
        | Expr::Index(_)
        | Expr::Macro(_)
        | Expr::MethodCall(_)
        | Expr::Paren(_)
        | Expr::Path(_)
        | Expr::Reference(_)
        | Expr::Block(_) => quote!(#expression),
        _ => quote_spanned!(outline.generated=> (#expression)),
    }
}
