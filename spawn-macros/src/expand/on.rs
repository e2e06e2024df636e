//! `on`: the spawner, evaluated before the arguments move.

use crate::context::FnContext;
use crate::item::first_span;
use crate::names;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, Token};

/// The spawner as an argument. It is made only where it may live in an argument that moves into the task.
/// Elsewhere it is borrowed: to clone one takes time, above all a scope that many threads clone at once.
///
/// All that is generated stands where the user's expression does, at which rustc points if that is no
/// spawner.
///
/// Output:
///     `spawner(&self.scope)` (with a `&` before it if `is_reference`) or `&SCOPE`
pub(super) fn spawner(on: &Expr, is_reference: bool, context: &FnContext) -> TokenStream {
    let reference = reference(on, context);
    let tokens = on.to_token_stream();
    let mut parameters = context.parameters.iter();
    let uses_what_moves = parameters.any(|parameter| {
        let name = parameter.name().filter(|_| !parameter.stays_with_caller);
        name.is_some_and(|name| names::occurs(&name, &tokens))
    });
    if !uses_what_moves {
        return reference;
    }
    let span = first_span(on);
    let runtime = context.runtime.at(span);
    let and = is_reference.then(|| Token![&](span));
    quote_spanned!(span=> #and #runtime::__private::spawner(#reference))
}

/// `&EXPR`. Most expressions need no parentheses, which a lint might find unneeded.
pub(super) fn reference(expression: &Expr, context: &FnContext) -> TokenStream {
    let operand = match expression {
        Expr::Call(_)
        | Expr::Field(_)
        | Expr::Index(_)
        | Expr::Macro(_)
        | Expr::MethodCall(_)
        | Expr::Paren(_)
        | Expr::Path(_)
        | Expr::Reference(_)
        | Expr::Block(_) => quote!(#expression),
        _ => quote_spanned!(context.generated=> (#expression)),
    };
    quote_spanned!(first_span(expression)=> &#operand)
}
