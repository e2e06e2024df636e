//! `attempts`, `backoff` and `retry_if`: when a body runs again.

use super::duration;
use crate::context::FnContext;
use crate::item::first_span;
use crate::options::Time;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote_spanned};
use std::time::Duration;
use syn::Expr;

/// `Backoff::new(Duration::new(0, 200000000), Duration::new(30, 0))`
pub(super) fn backoff(
    context: &FnContext,
    backoff: Option<&Time<(Duration, Duration)>>,
) -> TokenStream {
    let runtime = &context.runtime;
    let span = context.generated;
    match backoff {
        Some(Time::Computed(backoff)) => backoff.to_token_stream(),
        Some(Time::Known((first, longest))) => {
            let (first, longest) = (duration(context, *first), duration(context, *longest));
            quote_spanned!(span=> #runtime::__private::Backoff::new(#first, #longest))
        }
        None => quote_spanned! {span=>
            <#runtime::__private::Backoff as ::core::default::Default>::default()
        },
    }
}

/// `if_error::<R, _>(is_temporary)`
pub(super) fn retry_if(context: &FnContext, retry_if: Option<&Expr>) -> TokenStream {
    let Some(path) = retry_if else {
        let runtime = &context.runtime;
        return quote_spanned!(context.generated=> #runtime::__private::Always);
    };
    let place = first_span(path);
    let runtime_there = context.runtime_at(place);
    let returned = &context.output.pinned;
    quote_spanned!(place=> #runtime_there::__private::if_error::<#returned, _>(#path))
}

/// `{ const ATTEMPTS: u32 = at_least_one(N); ATTEMPTS }`
pub(super) fn at_most(context: &FnContext, attempts: &Expr) -> TokenStream {
    let name = context.fresh_name("ATTEMPTS", &attempts.to_token_stream());
    let name = Ident::new(&name, context.generated);
    // At the number itself, for the error if it turns out to be 0.
    let span = first_span(attempts);
    let runtime = context.runtime_at(span);
    let checked = quote_spanned!(span=> #runtime::__private::at_least_one(#attempts));
    quote_spanned! {context.generated=>
        {
            const #name: ::core::primitive::u32 = #checked;
            #name
        }
    }
}
