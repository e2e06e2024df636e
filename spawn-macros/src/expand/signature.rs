//! The signature of the background function. The user's own tokens stay what they are, for lints
//! and editors.

use crate::checked::{Outline, Returned};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{TokenStreamExt, quote, quote_spanned};
use syn::{Attribute, Meta, Token};

/// Input:
///     `pub async fn f<T>(x: T) -> R where T: Send`
///
/// Output:
///     `#[track_caller] pub fn f<T>(x: T) -> TaskHandle<R> where T: Send`
pub(crate) fn header(outline: &Outline, parameters: &[TokenStream]) -> TokenStream {
    let function = &outline.function;
    let signature = &function.signature;
    let mut attributes = Vec::new();
    let mut has_track_caller = false;
    for attribute in &function.attributes {
        if is_kept(attribute, outline.returned) {
            has_track_caller |= attribute.path().is_ident("track_caller");
            attributes.push(attribute);
        }
    }
    // The caller's line is where the task was spawned. Nobody calls `main`, which is a mistake
    // already.
    let is_called = signature.ident != "main";
    let track_caller = (is_called && !has_track_caller)
        .then(|| quote_spanned!(outline.generated=> #[track_caller]));
    let visibility = &function.visibility;
    let default = &function.default;
    let safety = &signature.safety;
    let fn_token = &signature.fn_token;
    let name = &signature.ident;
    let generics = &signature.generics;
    let where_clause = &generics.where_clause;
    let empty_where = empty_where(outline);
    let return_type = return_type(outline);
    let mut parentheses = Group::new(Delimiter::Parenthesis, quote!(#(#parameters),*));
    parentheses.set_span(signature.paren_token.span.join());
    quote! {
        #(#attributes)* #track_caller
        #visibility #default #safety #fn_token #name #generics #parentheses #return_type #where_clause #empty_where
    }
}

/// A `where` that says nothing, where the user wrote none: rustc takes the signature for the user's
/// own, and points at it where documentation is missing, only if it also ends with a token of theirs.
fn empty_where(outline: &Outline) -> Option<Token![where]> {
    let signature = &outline.function.signature;
    let is_needed = signature.generics.where_clause.is_none() && !outline.is_declaration();
    is_needed.then(|| Token![where](signature.paren_token.span.close()))
}

/// `-> TaskHandle<R>`
fn return_type(outline: &Outline) -> TokenStream {
    // rustc points here if an `impl Trait` is not what the body returns, or if a trait's method has
    // another type. But clippy would find our type more complex than the user's if it took it for
    // one of theirs.
    let is_seen = outline.output.is_opaque || outline.output.is_simple;
    let (span, runtime) = match is_seen {
        true => (outline.keyword, &outline.reported_runtime),
        false => (outline.generated, &outline.runtime),
    };
    let name = match outline.returned {
        Returned::TaskHandle => "TaskHandle",
        Returned::AbortOnDrop => "AbortOnDrop",
        Returned::Nothing => return TokenStream::new(),
    };
    // Ours, lest a lint say that the user has imported it and need not qualify it.
    let name = Ident::new(name, outline.generated);
    let written = &outline.output.written;
    let arrow = match outline.output.arrow {
        Some(arrow) => arrow,
        None => Token![->](outline.generated),
    };
    quote_spanned!(span=> #arrow #runtime::#name<#written>)
}

/// The handle is `#[must_use]` itself; clippy objects to a second one that adds no reason, and to
/// any without a value.
fn is_kept(attribute: &Attribute, returned: Returned) -> bool {
    let is_must_use = attribute.path().is_ident("must_use");
    let has_reason = !matches!(attribute.meta, Meta::Path(_));
    !is_must_use || (has_reason && returned != Returned::Nothing)
}

/// Splits the attributes off that stand at the top of a body, since those are only allowed on a
/// function's own braces.
///
/// Input:
///     `{ #![allow(unused)] run() }`
///
/// Output:
///     `#[allow(unused)]` and `{ run() }`, and the tokens between those braces
pub(crate) fn inner_attributes(body: &Group) -> (TokenStream, Group, Vec<TokenTree>) {
    let mut tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let mut end = 0;
    while let [
        TokenTree::Punct(hash),
        TokenTree::Punct(bang),
        TokenTree::Group(_),
        ..,
    ] = &tokens[end..]
    {
        if hash.as_char() != '#' || bang.as_char() != '!' {
            break;
        }
        end += 3;
    }
    if end == 0 {
        // Untouched, with the spans of both braces.
        return (TokenStream::new(), body.clone(), tokens);
    }
    let rest = tokens.split_off(end);
    let mut outer = TokenStream::new();
    for token in tokens {
        if !matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '!') {
            outer.append(token);
        }
    }
    let remaining = with_user_braces(body, rest.clone().into_iter().collect());
    (outer, remaining, rest)
}

/// The outer function's braces are the user's, so that the lints which look for the function's own
/// code find it.
pub(crate) fn with_user_braces(body: &Group, tokens: TokenStream) -> Group {
    let mut braces = Group::new(body.delimiter(), tokens);
    braces.set_span(body.span());
    braces
}
