//! What is emitted beside the errors: the item as others see it, so that its callers compile and an
//! editor goes on completing, with a body that is checked, so that of all errors only the user's
//! own remain.

use crate::context::{FnContext, Returned};
use crate::expand::{header, inner_attributes, with_user_braces};
use crate::item::{Body, Borrows, Kind, Reports, types};
use proc_macro2::{Group, Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;

/// Input:
///     `async fn f(s: &str) -> R { BODY }`
///
/// Output:
///     `fn f(s: &str) -> TaskHandle<R> { let _ = async move { unreachable!(); BODY }; unreachable!() }`
pub(crate) fn expand(context: &mut FnContext) -> TokenStream {
    make_static(context);
    let header = header(context, &context.public_parameters());
    let body = match &context.function.body {
        Body::Block(body) => body,
        Body::Missing(semicolon) => return quote!(#header #semicolon),
    };
    let (hoisted, inner) = inner_attributes(body);
    let span = context.generated;
    let tokens = tokens(context);
    let work = work(context, &inner);
    let is_opaque = context.output.reports == Reports::TypeOfBody;
    let tokens = match context.returned {
        Returned::Nothing => quote_spanned!(span=> #tokens let _ = #work;),
        // Only the body tells what an `impl Trait` is, so the handle's type has to come from it.
        Returned::TaskHandle | Returned::AbortOnDrop | Returned::DurableHandle if is_opaque => {
            let runtime = &context.runtime;
            let handle = context.returned.name().map(|name| Ident::new(name, span));
            quote_spanned! {span=>
                fn __background_handle<__Work: ::core::future::Future>(
                    _: __Work
                ) -> #runtime::#handle<__Work::Output> {
                    ::core::unreachable!()
                }
                #tokens
                __background_handle(#work)
            }
        }
        _ => quote_spanned!(span=> #tokens let _ = #work; ::core::unreachable!()),
    };
    let braces = with_user_braces(body, tokens);
    quote_spanned!(span=> #hoisted #[allow(unused, clippy::all)] #header #braces)
}

/// Rewrites what rustc would object to for a second time: a result that is borrowed from nothing, and an
/// `impl Iterator<Item = &str>`, which is not stable.
fn make_static(context: &mut FnContext) {
    let borrows = Borrows::new(&context.function.signature.generics);
    let mut is_borrowed = false;
    for parameter in &mut context.parameters {
        is_borrowed |= parameter.is_borrowed(&borrows);
        if let Kind::Name { ty, .. } | Kind::Pattern { ty, .. } = &mut parameter.kind {
            make_opaque_static(ty);
        }
    }
    if !is_borrowed {
        types::make_all_static(&mut context.output.written);
    }
}

fn make_opaque_static(ty: &mut Type) {
    if let Type::ImplTrait(_) = ty {
        return types::make_all_static(ty);
    }
    for part in types::parts(ty).types {
        make_opaque_static(part);
    }
}

/// The variables of `#[cancel]` and `#[state]`, which the signature does not have. Their type may be a mistake too.
fn tokens(context: &FnContext) -> TokenStream {
    let mut bindings = TokenStream::new();
    for parameter in &context.parameters {
        if parameter.is_hidden() {
            let cfgs = parameter.cfgs();
            let binding = match parameter.ty() {
                // Which no variable can have.
                Some(Type::ImplTrait(_)) => {
                    let (argument, runtime) = (&parameter.argument, &context.runtime);
                    quote_spanned!(context.generated=> #argument: #runtime::CancellationToken)
                }
                _ => parameter.binding(),
            };
            bindings.extend(quote_spanned! {context.generated=>
                #(#cfgs)* let #binding = ::core::unreachable!();
            });
        }
    }
    bindings
}

/// The body in an async block: where `async` is missing, it may await all the same.
///
/// It stands where it cannot be reached. There rustc checks its types, but not what it moves and
/// borrows, at which it would object for a second time that what is returned is borrowed.
fn work(context: &FnContext, body: &Group) -> TokenStream {
    let pinned = &context.output.pinned;
    quote_spanned! {context.generated=>
        async move {
            if let ::core::option::Option::Some(__ret) = ::core::option::Option::None::<#pinned> {
                return __ret;
            }
            ::core::unreachable!();
            match () { () => #body }
        }
    }
}
