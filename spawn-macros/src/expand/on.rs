//! `on`: the spawner, evaluated before the arguments move. It is made only where it may live in an
//! argument that moves into the task. Elsewhere it is borrowed: to clone one takes time, above all a scope
//! that many threads clone at once.

use crate::context::FnContext;
use crate::item::first_span;
use crate::names;
use crate::plan::Task;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;

pub(super) struct Spawner<'a> {
    on: &'a Expr,
    /// What the expression gives. It stands where the expression does, at which rustc should point if that
    /// is no spawner. So it is in the user's context, where the body can see it. (It must not begin with
    /// `_`, which a lint would remark.)
    given: Ident,
    is_borrowed: bool,
}

impl<'a> Spawner<'a> {
    pub(super) fn new(on: &'a Expr, context: &FnContext, task: &Task) -> Self {
        let tokens = on.to_token_stream();
        let moves = |name: String| names::occurs(&name, &tokens);
        let uses_what_moves = context
            .parameters
            .iter()
            .filter(|parameter| !parameter.stays_with_caller)
            .any(|parameter| parameter.name().is_some_and(moves));
        let name = context.fresh_name("given_by_on", &task.evaluated_at_the_call);
        Spawner {
            on,
            given: Ident::new(&name, first_span(on)),
            is_borrowed: !uses_what_moves,
        }
    }

    /// Output:
    ///     `let __spawner = match &self.scope { given_by_on => spawner(given_by_on) };`
    pub(super) fn let_before_arguments_move(
        &self,
        context: &FnContext,
        statements: &mut TokenStream,
    ) {
        if self.is_borrowed {
            return;
        }
        let given = &self.given;
        let runtime = context.runtime_at(given.span());
        let call = quote_spanned!(given.span()=> #runtime::__private::spawner(#given));
        let on = self.operand(context);
        statements.extend(
            quote_spanned!(context.generated=> let __spawner = match &#on { #given => #call };),
        );
    }

    pub(super) fn value(&self, context: &FnContext) -> TokenStream {
        match self.is_borrowed {
            true => self.given.to_token_stream(),
            false => quote_spanned!(context.generated=> __spawner),
        }
    }

    /// What is borrowed is a reference already. A `&` of ours would be where rustc points if it is no
    /// spawner.
    pub(super) fn reference(&self, context: &FnContext) -> TokenStream {
        match self.is_borrowed {
            true => self.given.to_token_stream(),
            false => quote_spanned!(context.generated=> &__spawner),
        }
    }

    /// An expression to put `&` before. Most need no parentheses, which a lint might find unneeded.
    fn operand(&self, context: &FnContext) -> TokenStream {
        let on = self.on;
        match on {
            Expr::Call(_)
            | Expr::Field(_)
            | Expr::Index(_)
            | Expr::Macro(_)
            | Expr::MethodCall(_)
            | Expr::Paren(_)
            | Expr::Path(_)
            | Expr::Reference(_)
            | Expr::Block(_) => quote!(#on),
            _ => quote_spanned!(context.generated=> (#on)),
        }
    }
}

/// The function's body within which a spawner is borrowed.
///
/// Output:
///     `match &SCOPE { given_by_on => { TOKENS } }`
pub(super) fn around(
    spawner: Option<&Spawner>,
    context: &FnContext,
    tokens: TokenStream,
) -> TokenStream {
    match spawner.filter(|spawner| spawner.is_borrowed) {
        Some(spawner) => {
            let given = &spawner.given;
            let on = spawner.operand(context);
            quote_spanned!(context.generated=> match &#on { #given => { #tokens } })
        }
        None => tokens,
    }
}
