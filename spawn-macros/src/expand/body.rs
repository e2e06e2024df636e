//! The user's body as what a task runs.

use crate::capture;
use crate::context::FnContext;
use crate::item::braces;
use crate::plan::{Runs, Task};
use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{TokenStreamExt, quote_spanned};

/// The future, or the closure of a blocking function.
pub(super) fn work(context: &FnContext, task: &Task, body: &Group) -> TokenStream {
    let statements = capture::statements(context, &task.evaluated_at_the_call);
    if task.attempts.is_some() {
        return capture::again(context, task.runs, future(context, &statements, body));
    }
    match task.runs {
        Runs::AsTask | Runs::AsLocalTask => future(context, &statements, body),
        Runs::OnBlockingThread => closure(context, &statements, body),
    }
}

/// The body as a future that has the type of the plain `async fn`'s.
///
/// Output:
///     ```
///     async move {
///         let id = id;
///         if false { return never::<R>(); }
///         match () { () => { BODY } }
///     }
///     ```
pub(super) fn future(context: &FnContext, statements: &TokenStream, body: &Group) -> TokenStream {
    let pinned = &context.output.pinned;
    // rustc points at it as a whole where the body has another type.
    let span = context.output.span;
    let runtime = context.runtime.at(span);
    let never = quote_spanned!(span=> #runtime::__private::never::<#pinned>());
    let run = run(context, body);
    // The `if` tells `?` and `return` what the function returns before the body is looked at. It comes after
    // the arguments: a `return` between two of them would make rustc keep a drop flag for each across every
    // `.await` (`many_arguments_that_drop_cost_no_flags` in tests/behaviour/footprint.rs).
    let block = quote_spanned! {context.generated=>
        #statements
        if false {
            return #never;
        }
        #run
    };
    let block = braces(context.keyword, block);
    quote_spanned!(context.keyword=> async move #block)
}

/// The body as a closure. Its arguments are dropped as those of the plain `fn`.
///
/// Output:
///     `move || -> R { let data = data; match () { () => { BODY } } }`
fn closure(context: &FnContext, statements: &TokenStream, body: &Group) -> TokenStream {
    let pinned = &context.output.pinned;
    let run = run(context, body);
    let block = quote_spanned!(context.generated=> #statements #run);
    quote_spanned!(context.keyword=> move || -> #pinned { #block })
}

/// The body as the last expression of a block.
///
/// It is the arm of a `match`, because there the temporaries of its own last expression are dropped before
/// the variables of the block, as they are at the end of a function in every edition.
fn run(context: &FnContext, body: &Group) -> TokenStream {
    quote_spanned!(context.generated=> match () { () => #body })
}

/// Splits the attributes off that stand at the top of a body, since those are only allowed on a
/// function's own braces.
///
/// Input:
///     `{ #![allow(unused)] run() }`
///
/// Output:
///     `#[allow(unused)]` and `{ run() }`
pub(crate) fn inner_attributes(body: &Group) -> (TokenStream, Group) {
    let mut outer = TokenStream::new();
    let is = |token: Option<&TokenTree>, punct: char| matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == punct);
    let mut tokens = body.stream().into_iter();
    let mut rest = tokens.clone();
    while let (Some(hash), Some(bang), Some(group @ TokenTree::Group(_))) =
        (tokens.next(), tokens.next(), tokens.next())
    {
        if !is(Some(&hash), '#') || !is(Some(&bang), '!') {
            break;
        }
        outer.append(hash);
        outer.append(group);
        rest = tokens.clone();
    }
    if outer.is_empty() {
        // Untouched, with the spans of both braces.
        return (outer, body.clone());
    }
    (outer, with_user_braces(body, rest.collect()))
}

/// The user's braces around other tokens: lints that look for the function's own code find it by them.
pub(crate) fn with_user_braces(body: &Group, tokens: TokenStream) -> Group {
    braces(body.span(), tokens)
}
