//! What the function returns, in each of the places where that is written.

use super::types;
use proc_macro2::{Delimiter, Span, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::punctuated::Punctuated;
use syn::{
    GenericArgument, PathArguments, ReturnType, Token, Type, TypeParamBound, TypeTuple, token,
};

pub(crate) struct Output {
    pub arrow: Option<Token![->]>,
    /// What the task ends with, as the handle's parameter.
    pub written: Type,
    /// The same for the places within the body, where `impl Trait` cannot stand.
    pub pinned: Type,
    pub reports: Reports,
    /// The span of the type's first token, for rustc's note on where it was inferred.
    pub span: Span,
    /// The span of its last token, if it is written.
    pub end: Option<Span>,
    /// How many tokens the type has, apart from those within parentheses.
    pub length: usize,
}

/// By what the compiler chooses how to report an `Err`.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Reports {
    /// There is no value.
    Nothing,
    WrittenType,
    /// The type has an `impl Trait` in it, so that only the body tells what it is.
    TypeOfBody,
}

impl Output {
    /// Input:
    ///     `-> Result<impl Display, Error>`
    ///
    /// Output:
    ///     written `Result<impl Display, Error>`, pinned `Result<_, Error>`
    pub(crate) fn new(output: &ReturnType, keyword: Span) -> Self {
        let (arrow, mut written) = match output {
            ReturnType::Default => (None, nothing(keyword)),
            ReturnType::Type(arrow, ty) => (Some(*arrow), (**ty).clone()),
        };
        let tokens: Vec<TokenTree> = written.to_token_stream().into_iter().collect();
        let mut span = tokens[0].span();
        let mut reports = Reports::Nothing;
        let mut pinned = written.clone();
        match types::bare(&written) {
            Type::Tuple(tuple) if tuple.elems.is_empty() => {}
            // `TaskHandle<!>` is not stable; `!` coerces to `Infallible`.
            Type::Never(never) => {
                span = never.bang_token.span;
                written = Type::Verbatim(quote_spanned!(span=> ::core::convert::Infallible));
                pinned = written.clone();
            }
            _ => {
                reports = match infer_opaque(&mut pinned) {
                    true => Reports::TypeOfBody,
                    false => Reports::WrittenType,
                };
            }
        }
        Output {
            arrow,
            written,
            pinned,
            reports,
            span,
            end: tokens.last().filter(|_| arrow.is_some()).map(last_span),
            length: tokens.len(),
        }
    }

    /// What the future resolves to, if the written type is a future: `impl Future<Output = T>`,
    /// `Pin<Box<dyn Future<Output = T>>>` or `BoxFuture<'static, T>`.
    pub(crate) fn of_future(&self) -> Option<Type> {
        output_of_future(&self.written)
    }
}

/// `()`
fn nothing(span: Span) -> Type {
    Type::Tuple(TypeTuple {
        attrs: Vec::new(),
        paren_token: token::Paren(span),
        elems: Punctuated::new(),
    })
}

fn last_span(token: &TokenTree) -> Span {
    match token {
        // A `$ty:ty` of `macro_rules!`.
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let last = group.stream().into_iter().last();
            last.map_or(group.span(), |token| last_span(&token))
        }
        TokenTree::Group(group) => group.span_close(),
        _ => token.span(),
    }
}

/// Replaces each `impl Trait` in a type. True if there was one.
///
/// Input:
///     `Result<impl Display, Vec<impl Debug>>`
///
/// Output:
///     `Result<_, Vec<_>>`
fn infer_opaque(ty: &mut Type) -> bool {
    if let Type::ImplTrait(opaque) = ty {
        let span = opaque.impl_token.span;
        *ty = Type::Infer(syn::TypeInfer {
            attrs: Vec::new(),
            underscore_token: Token![_](span),
        });
        return true;
    }
    let mut found = false;
    for part in types::parts(ty).types {
        found |= infer_opaque(part);
    }
    found
}

fn output_of_future(ty: &Type) -> Option<Type> {
    let ty = types::bare(ty);
    if let Some(bounds) = types::bounds(ty) {
        return bounds.iter().find_map(output_of_bound);
    }
    let last = types::last_segment(ty)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match (last.ident.to_string().as_str(), arguments.args.last()?) {
        ("Pin" | "Box", GenericArgument::Type(inner)) => output_of_future(inner),
        ("BoxFuture" | "LocalBoxFuture", GenericArgument::Type(output)) => Some(output.clone()),
        _ => None,
    }
}

/// `Future<Output = T>`
fn output_of_bound(bound: &TypeParamBound) -> Option<Type> {
    let TypeParamBound::Trait(bound) = bound else {
        return None;
    };
    let last = bound.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    if last.ident != "Future" {
        return None;
    }
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => Some(output.ty.clone()),
        _ => None,
    })
}
