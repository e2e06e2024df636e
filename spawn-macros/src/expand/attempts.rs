//! `attempts` and `retry_if`: how often a body runs, and after which errors.

use crate::context::FnContext;
use crate::item::first_span;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::Expr;

/// `if_error::<R, _>(is_temporary)`
pub(super) fn retry_if(context: &FnContext, retry_if: Option<&Expr>) -> TokenStream {
    let Some(path) = retry_if else {
        let runtime = &context.runtime;
        return quote_spanned!(context.generated=> #runtime::__private::Always);
    };
    let place = first_span(path);
    let runtime_there = context.runtime.at(place);
    let returned = &context.output.pinned;
    quote_spanned!(place=> #runtime_there::__private::if_error::<#returned, _>(#path))
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
