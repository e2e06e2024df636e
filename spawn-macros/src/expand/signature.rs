//! The signature of the background function. The user's own tokens stay what they are, for lints
//! and editors.

use crate::context::{FnContext, Returned};
use crate::item::{Reports, types};
use proc_macro2::{Delimiter, Group, Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, GenericArgument, Meta, PathArguments, Token, Type};

/// From so many tokens on, clippy might find a handle of the type complex.
const LONG_TYPE: usize = 30;

/// Input:
///     `pub async fn f<T>(x: T) -> R where T: Send`
///
/// Output:
///     `#[track_caller] pub fn f<T>(x: T) -> TaskHandle<R> where T: Send`
pub(crate) fn header(context: &FnContext, parameters: &[TokenStream]) -> TokenStream {
    let function = &context.function;
    let signature = &function.signature;
    let mut attributes = Vec::new();
    let mut has_track_caller = false;
    for attribute in &function.attributes {
        if is_kept(attribute, context.returned) {
            has_track_caller |= attribute.path().is_ident("track_caller");
            attributes.push(attribute);
        }
    }
    // The caller's line is where the task was spawned.
    let track_caller = (!has_track_caller && !context.may_be_main())
        .then(|| quote_spanned!(context.generated=> #[track_caller]));
    let allow = allow_names_of_traits(context);
    let visibility = &function.visibility;
    let default = &function.default;
    let safety = &signature.safety;
    let fn_token = &signature.fn_token;
    let name = &signature.ident;
    let generics = &signature.generics;
    let where_clause = &generics.where_clause;
    let return_type = return_type(context);
    let mut parentheses = Group::new(Delimiter::Parenthesis, quote!(#(#parameters),*));
    parentheses.set_span(signature.paren_token.span.join());
    quote! {
        #(#attributes)* #allow #track_caller
        #visibility #default #safety #fn_token #name #generics #parentheses #return_type #where_clause
    }
}

/// Two of clippy's lints about the names of associated functions pass over an `async fn`.
fn allow_names_of_traits(context: &FnContext) -> TokenStream {
    let signature = &context.function.signature;
    if signature.asyncness.is_none() || context.is_declaration() {
        return TokenStream::new();
    }
    let span = context.generated;
    match signature.ident.to_string().as_str() {
        // Those that take `self` or nothing of the type.
        "add" | "bitand" | "bitor" | "bitxor" | "default" | "div" | "from_iter" | "from_str"
        | "into_iter" | "mul" | "neg" | "not" | "rem" | "shl" | "shr" | "sub" => {
            quote_spanned!(span=> #[allow(clippy::should_implement_trait)])
        }
        _ if signature.receiver().is_none() && names_self(&context.output.written) => {
            quote_spanned!(span=> #[allow(clippy::self_named_constructors)])
        }
        _ => TokenStream::new(),
    }
}

/// `Self`, `Result<Self, Error>`
fn names_self(ty: &Type) -> bool {
    let Type::Path(path) = types::bare(ty) else {
        return false;
    };
    path.path
        .segments
        .iter()
        .any(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => arguments
                .args
                .iter()
                .any(|argument| matches!(argument, GenericArgument::Type(ty) if names_self(ty))),
            _ => segment.ident == "Self",
        })
}

/// `-> TaskHandle<R>`
fn return_type(context: &FnContext) -> TokenStream {
    let Some(name) = context.returned.name() else {
        return TokenStream::new();
    };
    // With the user's span a lint would say that they have imported it and need not qualify it.
    let name = Ident::new(name, context.generated);
    let written = &context.output.written;
    // rustc points here if an `impl Trait` is not what the body returns, or if a trait's method has another
    // type. But clippy would find the type of a handle complex where the user's own is not yet.
    let is_short = context.output.length < LONG_TYPE;
    let is_opaque = context.output.reports == Reports::TypeOfBody;
    let (span, runtime) = match is_opaque || is_short {
        true => (context.keyword, &context.reported_runtime),
        false => (context.generated, &context.runtime),
    };
    let arrow = match context.output.arrow {
        Some(arrow) => arrow,
        None => Token![->](context.generated),
    };
    // rustc takes the signature for the user's own, and points at it where documentation is missing, only if
    // it ends with a token of theirs. And behind that token it proposes missing bounds.
    let close = context.function.signature.paren_token.span.close();
    let end = Token![>](context.output.end.unwrap_or(close));
    match context.returned {
        // It is not generic, and ends with that token all the same.
        Returned::TaskGuard => quote_spanned!(span=> #arrow #runtime::#name<#end),
        _ => quote_spanned!(span=> #arrow #runtime::#name<#written #end),
    }
}

/// The handle is `#[must_use]` itself; clippy objects to a second one that adds no reason, and to
/// any without a value.
fn is_kept(attribute: &Attribute, returned: Returned) -> bool {
    let is_must_use = attribute.path().is_ident("must_use");
    let has_reason = !matches!(attribute.meta, Meta::Path(_));
    !is_must_use || (has_reason && returned != Returned::Nothing)
}
