//! How each argument comes into the task, such that it lives and dies as in the plain `async fn`.
//!
//! rustc moves every argument into the future of an `async fn` and binds it anew when the body
//! begins, one after the other, so that they are dropped in reverse when the body ends. What is not
//! bound anew stays in the future until the last such variable is gone. Two such captures are
//! dropped in an order which the Reference leaves open, so there is at most one whose drop can be
//! seen: the first argument, which is the last to go anyway. It is stored once that way, and not
//! twice as in the plain `async fn`.
//!
//! Before the first poll a future drops its captures in the order in which the body mentions them.
//! That is the order of declaration, as in the plain `async fn`.

use crate::attributes;
use crate::mentions;
use crate::parameter::{Kind, Parameter};
use crate::types;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Receiver, Type, TypePath};

/// A parameter of the background function and how the task gets hold of it.
pub(crate) struct Capture {
    /// The attributes on the parameter, or on the variable that holds a `#[cancel]` token.
    pub attributes: Vec<Attribute>,
    /// `name: Type`, for either.
    pub binding: TokenStream,
    /// What the body does with it first of all.
    pub statements: TokenStream,
    /// Whether they make variables of the body's own, which are dropped at its end.
    pub is_bound_anew: bool,
}

impl Capture {
    /// The parameter in the background function's signature.
    pub(crate) fn parameter(&self) -> TokenStream {
        let Capture {
            attributes,
            binding,
            ..
        } = self;
        match attributes.is_empty() {
            true => binding.clone(),
            false => quote!(#(#attributes)* #binding),
        }
    }
}

/// `body` and `options` are where the variables may be used.
pub(crate) fn plan(
    parameters: &[Parameter],
    body: &[TokenTree],
    options: &[TokenTree],
) -> Vec<Capture> {
    // Whether an argument whose drop can be seen has come before.
    let mut is_later = false;
    let mut captures = Vec::new();
    for parameter in parameters {
        let is_seen_to_drop =
            !parameter.is_cancel() && parameter.ty().is_none_or(|ty| !is_plain_data(ty));
        let may_stay = !(is_later && is_seen_to_drop);
        is_later |= is_seen_to_drop;
        let capture = match &parameter.kind {
            _ if may_be_left_out(parameter) => leave(parameter),
            Kind::Receiver(_) => mention(parameter),
            Kind::Ignored { .. } if may_stay => mention(parameter),
            Kind::Ignored { .. } => rebind(parameter, false),
            Kind::Pattern { .. } => destructure(parameter),
            Kind::Name { name, .. } => {
                // No lint looks at a variable which is mentioned, so one that may be unused is not.
                let is_used = || {
                    name.to_string().starts_with('_')
                        || mentions::uses(name, body)
                        || mentions::uses(name, options)
                };
                if may_stay && is_used() {
                    mention(parameter)
                } else {
                    let only_in_options =
                        mentions::uses(name, options) && !mentions::uses(name, body);
                    rebind(parameter, only_in_options)
                }
            }
        };
        captures.push(capture);
    }
    captures
}

/// The parameters of a background function that hands its arguments on and has no body of its own.
pub(crate) fn pass_on(parameters: &[Parameter]) -> Vec<Capture> {
    let mut captures = Vec::new();
    for parameter in parameters {
        captures.push(Capture {
            attributes: outer_attributes(parameter),
            binding: named(parameter),
            statements: TokenStream::new(),
            is_bound_anew: false,
        });
    }
    captures
}

/// Whether nobody can tell if an argument that the body does not name is in the task: it has nothing
/// to drop and may go to any thread. A body that names it captures all of it, and if none does, the
/// lint sees that.
fn may_be_left_out(parameter: &Parameter) -> bool {
    match &parameter.kind {
        Kind::Name {
            mutability: None,
            ty,
            ..
        } => !parameter.is_cancel() && is_sendable_data(ty),
        _ => false,
    }
}

/// The parameter as it was.
fn leave(parameter: &Parameter) -> Capture {
    Capture {
        attributes: parameter.attributes.clone(),
        binding: named(parameter),
        statements: TokenStream::new(),
        is_bound_anew: false,
    }
}

/// Input:
///     `mut guard: Guard`
///
/// Output:
///     `mut guard: Guard`, and `let _ = &guard;`, which captures all of it
fn mention(parameter: &Parameter) -> Capture {
    let generated = parameter.generated;
    let cfgs = parameter.cfgs();
    let argument = parameter.argument();
    let allow = allow(&argument, generated);
    let binding = match &parameter.kind {
        Kind::Receiver(receiver) => quote!(#receiver),
        Kind::Name {
            mutability: Some(mutability),
            ..
        } => {
            let named = named(parameter);
            quote!(#mutability #named)
        }
        Kind::Name { .. } | Kind::Ignored { .. } | Kind::Pattern { .. } => named(parameter),
    };
    Capture {
        attributes: parameter.attributes.clone(),
        binding,
        statements: quote_spanned!(generated=> #(#cfgs)* #allow let _ = &#argument;),
        is_bound_anew: false,
    }
}

/// Input:
///     `mut count: u32`
///
/// Output:
///     `count: u32`, and `let mut count = count;`
fn rebind(parameter: &Parameter, is_used: bool) -> Capture {
    let generated = parameter.generated;
    let attributes = parameter.cfgs_and_lints();
    let cfgs = parameter.cfgs();
    let argument = parameter.argument();
    let mutability = match &parameter.kind {
        Kind::Name { mutability, .. } => mutability.to_token_stream(),
        Kind::Pattern { pattern, .. } if borrows_mutably(pattern.to_token_stream()) => {
            quote_spanned!(generated=> mut)
        }
        _ => TokenStream::new(),
    };
    let allow = allow(&argument, generated);
    let mut statements =
        quote_spanned!(generated=> #(#attributes)* #allow let #mutability #argument = #argument;);
    if is_used {
        statements.extend(quote_spanned!(generated=> #(#cfgs)* #allow let _ = &#argument;));
    }
    Capture {
        attributes: outer_attributes(parameter),
        binding: named(parameter),
        statements,
        is_bound_anew: true,
    }
}

/// Input:
///     `(a, _): (A, B)`
///
/// Output:
///     `__arg0: (A, B)`, and `let __arg0 = __arg0; let (a, _) = __arg0;`, as rustc has it: what the
///     pattern leaves is dropped right after what it binds
fn destructure(parameter: &Parameter) -> Capture {
    let generated = parameter.generated;
    let mut capture = rebind(parameter, false);
    if let Kind::Pattern { pattern, .. } = &parameter.kind {
        let attributes = parameter.cfgs_and_lints();
        let argument = parameter.argument();
        let allow = allow(&argument, generated);
        capture
            .statements
            .extend(quote_spanned!(generated=> #(#attributes)* #allow let #pattern = #argument;));
    }
    capture
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

/// The attributes for a parameter whose variables are bound anew, where lints look at them.
fn outer_attributes(parameter: &Parameter) -> Vec<Attribute> {
    let mut outer = Vec::new();
    for attribute in &parameter.attributes {
        outer.push(attributes::allowed_instead_of_expected(attribute));
    }
    outer
}

/// The parameter with a plain name in place of its pattern, and without its `mut`.
fn named(parameter: &Parameter) -> TokenStream {
    let argument = parameter.argument();
    match (&parameter.kind, parameter.ty()) {
        (Kind::Receiver(receiver), _) => {
            let receiver = Receiver {
                mutability: None,
                ..receiver.clone()
            };
            quote!(#receiver)
        }
        (_, ty) => quote!(#argument: #ty),
    }
}

/// Silences the lints about variables that begin with `_`: for the generated statement alone, since on
/// the function it would silence the user's own mistakes. No other lint looks at what a macro wrote,
/// and attributes take rustc longer than the statements do.
fn allow(argument: &TokenStream, generated: Span) -> TokenStream {
    if !argument.to_string().starts_with('_') {
        return TokenStream::new();
    }
    quote_spanned! {generated=>
        #[allow(clippy::no_effect_underscore_binding, clippy::used_underscore_binding)]
    }
}

/// Whether a type, as it is written, surely has nothing to drop.
fn is_plain_data(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Array(array) => is_plain_data(&array.elem),
        Type::Tuple(tuple) => tuple.elems.iter().all(is_plain_data),
        Type::Reference(_) | Type::Ptr(_) => true,
        Type::Path(path) => is_primitive(path),
        _ => false,
    }
}

/// Whether a type, as it is written, surely may go to any thread as well.
fn is_sendable_data(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Array(array) => is_sendable_data(&array.elem),
        Type::Slice(slice) => is_sendable_data(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().all(is_sendable_data),
        Type::Reference(reference) => {
            reference.mutability.is_none() && is_sendable_data(&reference.elem)
        }
        Type::Path(path) => is_primitive(path),
        _ => false,
    }
}

fn is_primitive(ty: &TypePath) -> bool {
    let name = ty.path.get_ident();
    name.is_some_and(|name| types::is_primitive(&name.to_string()))
}
