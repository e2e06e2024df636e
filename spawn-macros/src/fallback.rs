//! What is emitted beside the errors: the item as others see it, so that its callers compile and an
//! editor goes on completing, with a body that is checked, so that of all errors only the user's
//! own remain.

use crate::checked::{Outline, Returned};
use crate::expand::{header, inner_attributes, with_user_braces};
use crate::function::Body;
use crate::parameter::Kind;
use proc_macro2::{Group, TokenStream};
use quote::{quote, quote_spanned};

/// Input:
///     `async fn f(s: &str) -> R { BODY }`
///
/// Output:
///     `fn f(s: &str) -> TaskHandle<R> { let _ = async move { unreachable!(); BODY }; unreachable!() }`
pub(crate) fn expand(outline: &Outline) -> TokenStream {
    let header = header(outline, &outline.public_parameters());
    let body = match &outline.function.body {
        Body::Block(body) => body,
        Body::Missing(semicolon) => return quote!(#header #semicolon),
    };
    let (hoisted, inner, _) = inner_attributes(body);
    let span = outline.generated;
    let tokens = tokens(outline);
    let work = work(outline, &inner);
    let tokens = match (outline.returned, outline.output.is_opaque) {
        // Only the body tells what an `impl Trait` is, so the handle's type has to come from it.
        (Returned::TaskHandle | Returned::AbortOnDrop, true) => {
            let return_type = return_type_of(outline);
            quote_spanned! {span=>
                fn __background_handle<__Work: ::core::future::Future>(_: __Work) #return_type {
                    ::core::unreachable!()
                }
                #tokens
                __background_handle(#work)
            }
        }
        (Returned::TaskHandle | Returned::AbortOnDrop, false) => quote_spanned! {span=>
            #tokens
            let _ = #work;
            ::core::unreachable!()
        },
        (Returned::Nothing, _) => quote_spanned! {span=>
            #tokens
            let _ = #work;
        },
    };
    let braces = with_user_braces(body, tokens);
    quote_spanned!(span=> #hoisted #[allow(unused, clippy::all)] #header #braces)
}

/// `-> TaskHandle<__Work::Output>`
fn return_type_of(outline: &Outline) -> TokenStream {
    let runtime = &outline.runtime;
    match outline.returned {
        Returned::AbortOnDrop => {
            quote_spanned!(outline.generated=> -> #runtime::AbortOnDrop<__Work::Output>)
        }
        _ => quote_spanned!(outline.generated=> -> #runtime::TaskHandle<__Work::Output>),
    }
}

/// The variables of `#[cancel]`, which the signature does not have.
fn tokens(outline: &Outline) -> TokenStream {
    let runtime = &outline.runtime;
    let mut bindings = TokenStream::new();
    for parameter in &outline.parameters {
        if !parameter.is_cancel() {
            continue;
        }
        let cfgs = parameter.cfgs();
        let binding = parameter.binding();
        let value = match &parameter.kind {
            Kind::Name { .. } => quote_spanned!(outline.generated=> #runtime::__private::token()),
            // The pattern is a mistake already, so its type may be anything.
            _ => quote_spanned!(outline.generated=> ::core::unreachable!()),
        };
        bindings.extend(quote_spanned!(outline.generated=> #(#cfgs)* let #binding = #value;));
    }
    bindings
}

/// The body in an async block: where `async` is missing, it may await all the same.
///
/// It stands where it cannot be reached. There rustc checks its types, but not what it moves and
/// borrows, at which it would object for a second time that what is returned is borrowed.
fn work(outline: &Outline, body: &Group) -> TokenStream {
    let pinned = &outline.output.pinned;
    quote_spanned! {outline.generated=>
        async move {
            if let ::core::option::Option::Some(__ret) = ::core::option::Option::None::<#pinned> {
                return __ret;
            }
            ::core::unreachable!();
            match () { () => #body }
        }
    }
}
