//! `direct`: the plain function as well, which the background function calls.

use super::task;
use crate::capture;
use crate::checked::{Direct, Outline, Runs, Task};
use crate::parameter::Parameter;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, GenericParam, Signature};

/// Input:
///     `#[background(direct = run_now)] async fn run<T>(a: A, _: B) -> R { BODY }`
///
/// Output:
///     ```
///     async fn run_now<T>(a: A, _: B) -> R { BODY }
///     fn run<T>(a: A, __arg1: B) -> TaskHandle<R> { … spawn(…, run_now::<T>(a, __arg1)) }
///     ```
pub(super) fn expand(outline: &Outline, task: &Task, direct: &Direct) -> TokenStream {
    let plain = plain(outline, task, direct);
    let captures = capture::pass_on(&outline.parameters);
    let work = work(outline, task, direct);
    let background = task::function(outline, task, &captures, &work);
    quote!(#plain #background)
}

/// The user's function under its other name.
fn plain(outline: &Outline, task: &Task, direct: &Direct) -> TokenStream {
    let function = &outline.function;
    let mut attributes = Vec::new();
    for attribute in &function.attributes {
        if fits_plain(attribute, task.runs) {
            attributes.push(attribute);
        }
    }
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
    let parameters = outline.parameters.iter().map(Parameter::as_written);
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

/// `#[track_caller]` does nothing on an `async fn`, about which rustc warns, and a symbol's name is
/// the other's.
fn fits_plain(attribute: &Attribute, runs: Runs) -> bool {
    let path = attribute.path();
    let is_idle = path.is_ident("track_caller") && runs != Runs::OnBlockingThread;
    let is_symbol =
        path.is_ident("no_mangle") || path.is_ident("export_name") || path.is_ident("link_section");
    !is_idle && !is_symbol
}

/// The future, or the closure, that is the plain function's call.
fn work(outline: &Outline, task: &Task, direct: &Direct) -> TokenStream {
    let span = outline.generated;
    let path = &direct.path;
    let turbofish = turbofish(&outline.function.signature, outline);
    let arguments = outline.parameters.iter().map(Parameter::argument);
    let call = quote_spanned!(span=> #path #turbofish (#(#arguments),*));
    // An unsafe function is called by one: what the call asks for, the caller of this one has
    // promised.
    let lints = match outline.function.is_unsafe() {
        true => {
            quote_spanned!(span=> #[allow(unsafe_op_in_unsafe_fn, clippy::used_underscore_binding)])
        }
        false => quote_spanned!(span=> #[allow(clippy::used_underscore_binding)]),
    };
    // rustc reports at this variable that the plain function's future is not `Send`.
    let value = Ident::new("__work", outline.keyword);
    let binding = quote_spanned!(span=> #lints let #value = #call;);
    let block = quote_spanned!(outline.keyword=> { #binding #value });
    match task.runs {
        Runs::AsTask | Runs::AsLocalTask => block,
        Runs::OnBlockingThread => quote_spanned!(outline.keyword=> move || #block),
    }
}

/// The type and const parameters as arguments, lest they have to be inferred. Lifetimes are, as in
/// any call.
///
/// Input:
///     `<'a: 'static, T: Send, const N: usize>`
///
/// Output:
///     `::<T, N>`
fn turbofish(signature: &Signature, outline: &Outline) -> TokenStream {
    let mut arguments = Vec::new();
    for parameter in &signature.generics.params {
        match parameter {
            GenericParam::Type(parameter) => arguments.push(&parameter.ident),
            GenericParam::Const(parameter) => arguments.push(&parameter.ident),
            GenericParam::Lifetime(_) => {}
        }
    }
    if arguments.is_empty() {
        return TokenStream::new();
    }
    quote_spanned!(outline.generated=> ::<#(#arguments),*>)
}
