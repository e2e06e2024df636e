//! How the arguments come into the task, such that they live and die as in the plain `async fn`.
//!
//! rustc moves every argument into the future of an `async fn` and binds it anew when the body begins,
//! one after the other, so that they are dropped in reverse when the body ends. The same is done here.
//! `self` cannot be bound anew. It is the first argument, and so the last to be dropped either way.
//!
//! Before the first poll a future drops its captures in the order in which the body mentions them.
//! That is the order of declaration, as in the plain `async fn`.

use crate::attributes;
use crate::context::FnContext;
use crate::item::{Kind, Parameter, braces};
use crate::names;
use crate::plan::Runs;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Pat, Receiver};

/// The parameters of the background function, with plain names. The variables that the user's patterns
/// make are bound in the task.
///
/// Input:
///     `mut self, mut count: u32, (a, _): (A, B), #[cancel] token: CancellationToken`
///
/// Output:
///     `mut self, count: u32, __arg2: (A, B)`
pub(crate) fn parameters(context: &FnContext, is_bound_anew: bool) -> Vec<TokenStream> {
    let mut public = Vec::new();
    for parameter in &context.parameters {
        if parameter.is_hidden() {
            continue;
        }
        let attributes = parameter
            .attributes
            .iter()
            .map(attributes::allowed_instead_of_expected);
        let named = match &parameter.kind {
            Kind::Receiver(receiver) if is_bound_anew => receiver.to_token_stream(),
            _ => named(parameter),
        };
        public.push(quote!(#(#attributes)* #named));
    }
    public
}

/// `name: Type`
pub(crate) fn named(parameter: &Parameter) -> TokenStream {
    let argument = &parameter.argument;
    match &parameter.kind {
        Kind::Receiver(receiver) => Receiver {
            mutability: None,
            ..receiver.clone()
        }
        .to_token_stream(),
        Kind::Name { ty, .. } | Kind::Pattern { ty, .. } => quote!(#argument: #ty),
    }
}

/// What the body does with the arguments first of all. `options` are the tokens that use some too.
///
/// Input:
///     `self, mut count: u32, (a, _): (A, B)`
///
/// Output:
///     ```
///     let _ = &self;
///     let mut count = count;
///     let __arg2 = __arg2;
///     let (a, _) = __arg2;
///     ```
pub(crate) fn statements(context: &FnContext, options: &TokenStream) -> TokenStream {
    let mut statements = TokenStream::new();
    for parameter in &context.parameters {
        if parameter.stays_with_caller {
            continue;
        }
        statements.extend(bind(parameter));
        // What an option uses is no unused variable.
        if let Kind::Name { name, .. } = &parameter.kind {
            if !options.is_empty() && names::occurs(&name.to_string(), options) {
                statements.extend(mention(parameter));
            }
        }
    }
    statements
}

/// What makes the body of each attempt. It holds the arguments, and is copied with them.
///
/// `self` can have no other name, so that it is captured as it is.
///
/// Input:
///     `async move { … }` and `self, mut id: u32, (a, _): (A, B)`
///
/// Output:
///     ```
///     {
///         receiver(&self);
///         let __arg1 = copied((id,));
///         let __arg2 = copied((__arg2,));
///         move || {
///             let _ = &self;
///             let id = Copied::get(__arg1);
///             let __arg2 = Copied::get(__arg2);
///             async move { … }
///         }
///     }
///     ```
pub(crate) fn again(context: &FnContext, runs: Runs, work: TokenStream) -> TokenStream {
    let runtime = &context.runtime;
    let function = match runs {
        Runs::AsLocalTask => "copied_locally",
        Runs::AsTask | Runs::OnBlockingThread => "copied",
    };
    let mut copied = TokenStream::new();
    let mut bound = TokenStream::new();
    for parameter in &context.parameters {
        if parameter.stays_with_caller {
            continue;
        }
        if let Kind::Receiver(_) = &parameter.kind {
            bound.extend(mention(parameter));
            if runs == Runs::AsTask {
                let (place, argument) = (parameter.place, &parameter.argument);
                let there = context.runtime.at(place);
                copied.extend(quote_spanned!(place=> #there::__private::receiver(&#argument);));
            }
            continue;
        }
        let generated = parameter.generated;
        let (cfgs, attributes) = (parameter.cfgs(), parameter.cfgs_and_lints());
        let (argument, substitute) = (&parameter.argument, &parameter.substitute);
        // At the argument, where rustc then says that it is not `Clone`, or not `Send`.
        let place = parameter.place;
        let there = context.runtime.at(place);
        let function = Ident::new(function, place);
        let copy = quote_spanned!(place=> #there::__private::#function((#argument,)));
        copied.extend(quote_spanned! {generated=>
            #(#cfgs)* #[allow(clippy::used_underscore_binding)] let #substitute = #copy;
        });
        bound.extend(quote_spanned! {generated=>
            #(#attributes)* #[allow(clippy::no_effect_underscore_binding)]
            let #argument = #runtime::__private::Copied::get(#substitute);
        });
    }
    let block = braces(context.keyword, quote!(#bound #work));
    quote_spanned!(context.keyword=> { #copied move || #block })
}

/// `let _ = &guard;`, which captures all of it.
fn mention(parameter: &Parameter) -> TokenStream {
    let generated = parameter.generated;
    let cfgs = parameter.cfgs();
    let argument = &parameter.argument;
    let allow = match argument.to_string().starts_with('_') {
        true => quote_spanned!(generated=> #[allow(clippy::used_underscore_binding)]),
        false => TokenStream::new(),
    };
    quote_spanned!(generated=> #(#cfgs)* #allow let _ = &#argument;)
}

/// `let mut count = count;`
fn bind(parameter: &Parameter) -> TokenStream {
    let generated = parameter.generated;
    let cfgs = parameter.cfgs();
    let attributes = parameter.cfgs_and_lints();
    let argument = &parameter.argument;
    match &parameter.kind {
        Kind::Receiver(_) => mention(parameter),
        // What the pattern leaves is dropped right after what it binds.
        Kind::Pattern { pattern, .. } => {
            let mutability =
                borrows_mutably(pattern.to_token_stream()).then(|| quote_spanned!(generated=> mut));
            let destructure = (!matches!(pattern, Pat::Wild(_)))
                .then(|| quote_spanned!(generated=> #(#attributes)* let #pattern = #argument;));
            quote_spanned!(generated=> #(#cfgs)* let #mutability #argument = #argument; #destructure)
        }
        // Two statements, since clippy's lints about such variables have to be silenced for what is
        // generated, and not for what the body does with the variable.
        Kind::Name {
            mutability, name, ..
        } if name.to_string().starts_with('_') => {
            let substitute = &parameter.substitute;
            quote_spanned! {generated=>
                #(#cfgs)* #[allow(clippy::used_underscore_binding)] let #substitute = #name;
                #(#attributes)* #[allow(clippy::no_effect_underscore_binding)]
                let #mutability #name = #substitute;
            }
        }
        Kind::Name {
            mutability, name, ..
        } => quote_spanned!(generated=> #(#attributes)* let #mutability #name = #name;),
    }
}

/// Whether a pattern has a `ref mut`, which asks for a variable that is `mut`.
fn borrows_mutably(pattern: TokenStream) -> bool {
    let mut after_ref = false;
    for token in pattern {
        let is_found = match &token {
            TokenTree::Ident(word) => after_ref && word == "mut",
            TokenTree::Group(group) => borrows_mutably(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        };
        if is_found {
            return true;
        }
        after_ref = matches!(&token, TokenTree::Ident(word) if word == "ref");
    }
    false
}
