//! `timeout` and `backoff`: durations as expressions.

use crate::context::FnContext;
use crate::options::Time;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use std::time::Duration;

pub(super) fn timeout(context: &FnContext, timeout: &Time<Duration>) -> TokenStream {
    match timeout {
        Time::Known(timeout) => duration(context, *timeout),
        Time::Computed(timeout) => timeout.to_token_stream(),
    }
}

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

/// `Duration::new(30, 0)`
fn duration(context: &FnContext, duration: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
    quote_spanned!(context.generated=> ::core::time::Duration::new(#seconds, #nanoseconds))
}
