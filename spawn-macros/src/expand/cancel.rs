//! `#[cancel]`: the token of the task, and that of its handle.

use crate::capture;
use crate::context::FnContext;
use crate::item::{Parameter, first_span};
use proc_macro2::TokenStream;
use quote::quote_spanned;

/// Makes the token of `#[cancel]`, one for the task and one for the handle.
///
/// Input:
///     `#[cancel] token: CancellationToken`
///
/// Output:
///     ```
///     let __background_token = token();
///     let __background_handle_token = clone(&__background_token);
///     let token: CancellationToken = cancel_parameter(__background_token);
///     ```
pub(super) fn tokens(
    context: &FnContext,
    parameter: &Parameter,
    spawner: Option<&TokenStream>,
) -> TokenStream {
    let new = new_token(context, spawner);
    let token = quote_spanned!(context.generated=> __background_token);
    let parameter_token = self::parameter(context, parameter, &token);
    let binding = capture::named(parameter);
    let attributes = parameter.cfgs_and_lints();
    quote_spanned! {context.generated=>
        let #token = #new;
        let __background_handle_token = ::core::clone::Clone::clone(&#token);
        #(#attributes)* let #binding = #parameter_token;
    }
}

/// `cancel_parameter(TOKEN)`. If the user wrote another type, rustc's error points at it, in the user's own context.
pub(super) fn parameter(
    context: &FnContext,
    parameter: &Parameter,
    token: &TokenStream,
) -> TokenStream {
    let span = parameter.ty().map_or(context.keyword, first_span);
    let there = context.runtime.at(span);
    quote_spanned!(span=> #there::__private::cancel_parameter(#token))
}

/// `token_of(given_by_on)` or `token()`
pub(super) fn new_token(context: &FnContext, spawner: Option<&TokenStream>) -> TokenStream {
    let runtime = &context.runtime;
    match spawner {
        Some(spawner) => {
            quote_spanned!(context.generated=> #runtime::__private::token_of(#spawner))
        }
        None => quote_spanned!(context.generated=> #runtime::__private::token()),
    }
}

pub(super) fn clone_of_handle_token(context: &FnContext) -> TokenStream {
    quote_spanned!(context.generated=> ::core::clone::Clone::clone(&__background_handle_token))
}
