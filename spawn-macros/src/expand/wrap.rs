//! `label`, `limit` and `timeout`: what runs around a body, or around all of its attempts.

use super::{cancel, on, time};
use crate::context::FnContext;
use crate::item::first_span;
use crate::plan::Task;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};

/// Gives the task its label, around all the rest.
///
/// Output:
///     `Label::new(&id, WRAP)`
pub(super) fn labelled(context: &FnContext, task: &Task, wrap: TokenStream) -> TokenStream {
    let Some(label) = &task.label else {
        return wrap;
    };
    let runtime = &context.runtime;
    // At the label itself, where rustc then says that it has no `Display`.
    let label = on::reference(label, context);
    quote_spanned!(context.generated=> #runtime::__private::Label::new(#label, #wrap))
}

/// What runs around the body, from the outside in.
///
/// Output:
///     `Limit({ static LIMIT: Limiter = Limiter::new(4); &LIMIT }, None, Timeout(self.patience, Plain))`
pub(super) fn inner(context: &FnContext, task: &Task, is_cancellable: bool) -> TokenStream {
    let runtime = &context.runtime;
    let span = context.generated;
    let plain = quote_spanned!(span=> #runtime::__private::Plain);
    let timed = match &task.timeout {
        None => plain,
        Some(timeout) => {
            let timeout = time::timeout(context, timeout);
            quote_spanned!(span=> #runtime::__private::Timeout(#timeout, #plain))
        }
    };
    let Some(limit) = &task.limit else {
        return timed;
    };
    // One for all calls. The user's expression stands within the block, so its own name is none of theirs.
    let name = context.fresh_name("LIMIT", &limit.to_token_stream(), span);
    // At the limit itself, for the error if it turns out to be 0.
    let limit_span = first_span(limit);
    let there = context.runtime.at(limit_span);
    let new = quote_spanned!(limit_span=> #there::__private::Limiter::new(#limit));
    let limiter = quote_spanned! {span=>
        {
            static #name: #runtime::__private::Limiter = #new;
            &#name
        }
    };
    // While it waits for its turn the body does not listen to the token yet.
    let token = match is_cancellable {
        false => quote_spanned!(span=> ::core::option::Option::None),
        true => {
            let token = cancel::clone_of_handle_token(context);
            quote_spanned!(span=> ::core::option::Option::Some(#token))
        }
    };
    quote_spanned!(span=> #runtime::__private::Limit(#limiter, #token, #timed))
}
