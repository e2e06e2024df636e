//! `direct`: the plain function as well, which the background function calls.

use super::function;
use crate::capture;
use crate::context::FnContext;
use crate::item::{Parameter, type_and_const_names};
use crate::options::Direct;
use crate::plan::{Runs, Task};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Signature};

/// Input:
///     `#[background(direct = run_now)] async fn run<T>(a: A, _: B) -> R { BODY }`
///
/// Output:
///     ```
///     async fn run_now<T>(a: A, _: B) -> R { BODY }
///     fn run<T>(a: A, __arg1: B) -> TaskHandle<R> { … spawn(…, run_now::<T>(a, __arg1)) }
///     ```
pub(super) fn expand(context: &FnContext, task: &Task, direct: &Direct) -> TokenStream {
    let plain = plain(context, task, direct);
    let work = work(context, task, direct);
    let background = function(context, task, false, work);
    quote!(#plain #background)
}

/// The user's function under its other name.
pub(super) fn plain(context: &FnContext, task: &Task, direct: &Direct) -> TokenStream {
    let function = &context.function;
    let attributes = function
        .attributes
        .iter()
        .filter(|attribute| fits_plain(attribute, task.runs));
    let visibility = &function.visibility;
    let default = &function.default;
    let Signature {
        asyncness,
        safety,
        fn_token,
        generics,
        paren_token,
        output,
        ..
    } = &function.signature;
    let name = &direct.name;
    let where_clause = &generics.where_clause;
    let parameters = arguments(context).map(Parameter::as_written);
    let mut parentheses = TokenStream::new();
    paren_token.surround(&mut parentheses, |tokens| {
        quote!(#(#parameters),*).to_tokens(tokens)
    });
    let body = &task.body;
    quote! {
        #(#attributes)*
        #visibility #default #asyncness #safety #fn_token #name #generics #parentheses #output #where_clause #body
    }
}

/// The parameters that the plain function has, too.
fn arguments(context: &FnContext) -> impl Iterator<Item = &Parameter> {
    let parameters = context.parameters.iter();
    parameters.filter(|parameter| !parameter.stays_with_caller)
}

/// `#[track_caller]` does nothing on an `async fn`, about which rustc warns, and a symbol's name is
/// the other's.
fn fits_plain(attribute: &Attribute, runs: Runs) -> bool {
    let is = |name| attribute.path().is_ident(name);
    let is_idle = is("track_caller") && runs != Runs::OnBlockingThread;
    let is_symbol = is("no_mangle") || is("export_name") || is("link_section");
    !is_idle && !is_symbol
}

/// The future, or the closure, that is the plain function's call.
fn work(context: &FnContext, task: &Task, direct: &Direct) -> TokenStream {
    let block = future(context, direct);
    match task.runs {
        _ if task.attempts.is_some() => capture::again(context, task.runs, block),
        Runs::AsTask | Runs::AsLocalTask => block,
        Runs::OnBlockingThread => quote_spanned!(context.keyword=> move || #block),
    }
}

/// `{ let __work = run_now::<T>(a, __arg1); __work }`
pub(super) fn future(context: &FnContext, direct: &Direct) -> TokenStream {
    let span = context.generated;
    let path = &direct.path;
    let turbofish = turbofish(&context.function.signature, context);
    let arguments = arguments(context).map(|it| &it.argument);
    let call = quote_spanned!(span=> #path #turbofish (#(#arguments),*));
    // The caller of an unsafe function has promised what the plain one asks for, and a deprecated one is
    // so for its callers.
    let lints = quote_spanned! {span=>
        #[allow(deprecated, unsafe_op_in_unsafe_fn, clippy::used_underscore_binding)]
    };
    // rustc reports at this variable that the plain function's future is not `Send`.
    let value = Ident::new("__work", context.keyword);
    let binding = quote_spanned!(span=> #lints let #value = #call;);
    quote_spanned!(context.keyword=> { #binding #value })
}

/// The type and const parameters as arguments, which then need not be inferred. Lifetimes are inferred,
/// as in any call.
///
/// Input:
///     `<'a: 'static, T: Send, const N: usize>`
///
/// Output:
///     `::<T, N>`
fn turbofish(signature: &Signature, context: &FnContext) -> TokenStream {
    let arguments = type_and_const_names(&signature.generics);
    if arguments.is_empty() {
        return TokenStream::new();
    }
    quote_spanned!(context.generated=> ::<#(#arguments),*>)
}
