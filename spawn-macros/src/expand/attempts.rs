//! `attempts` and `retry_if`: how often a body runs, and after which errors.

use super::{time, wrap};
use crate::context::FnContext;
use crate::item::first_span;
use crate::plan::{Attempts, Task};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::Expr;

/// What runs around the attempts, and around each.
///
/// Output:
///     `Again { outer: Label::new(&id, Plain), inner: Timeout(…, Plain), policy: Attempts::new(…), copy: Clone::clone }`
pub(super) fn again(
    context: &FnContext,
    task: &Task,
    policy: &Attempts,
    is_cancellable: bool,
    token: &TokenStream,
) -> TokenStream {
    let runtime = &context.runtime;
    let span = context.generated;
    let plain = quote_spanned!(span=> #runtime::__private::Plain);
    let outer = wrap::labelled(context, task, plain);
    let inner = wrap::inner(context, task, is_cancellable);
    let at_most = at_most(context, &policy.at_most);
    let backoff = time::backoff(context, policy.backoff.as_ref());
    let retry_if = retry_if(context, policy.retry_if.as_ref());
    // All other arguments can be copied. So it is at `self` that rustc says it is not `Clone`.
    let receiver = context.function.signature.receiver();
    let place = receiver.map_or(span, |receiver| receiver.self_token.span);
    let copy = quote_spanned!(place=> ::core::clone::Clone::clone);
    quote_spanned! {span=>
        #runtime::__private::Again {
            outer: #outer,
            inner: #inner,
            policy: #runtime::__private::Attempts::new(#at_most, #backoff, #retry_if, #token),
            copy: #copy,
        }
    }
}

/// `if_error::<R, _>(is_temporary)`
pub(super) fn retry_if(context: &FnContext, retry_if: Option<&Expr>) -> TokenStream {
    let Some(path) = retry_if else {
        let runtime = &context.runtime;
        return quote_spanned!(context.generated=> #runtime::__private::Always);
    };
    let place = first_span(path);
    let there = context.runtime.at(place);
    let returned = &context.output.pinned;
    quote_spanned!(place=> #there::__private::if_error::<#returned, _>(#path))
}

/// `{ const ATTEMPTS: u32 = at_least_one(N); ATTEMPTS }`
pub(super) fn at_most(context: &FnContext, attempts: &Expr) -> TokenStream {
    let name = context.fresh_name("ATTEMPTS", &attempts.to_token_stream(), context.generated);
    // At the number itself, for the error if it turns out to be 0.
    let span = first_span(attempts);
    let runtime = context.runtime.at(span);
    let checked = quote_spanned!(span=> #runtime::__private::at_least_one(#attempts));
    quote_spanned! {context.generated=>
        {
            const #name: ::core::primitive::u32 = #checked;
            #name
        }
    }
}
