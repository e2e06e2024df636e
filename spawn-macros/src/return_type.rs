//! What the function returns, in each of the places where that is written.

use crate::types;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{GenericArgument, PathArguments, ReturnType, Token, Type, parse_quote};

pub(crate) struct Output {
    pub arrow: Option<Token![->]>,
    /// What the task ends with, as the handle's parameter.
    pub written: TokenStream,
    /// The same for the places within the body, where `impl Trait` cannot stand.
    pub pinned: TokenStream,
    /// Whether `impl Trait` is part of it, so that only the body tells what it is.
    pub is_opaque: bool,
    /// The type by which the way to report an `Err` is chosen, unless it is clear that there is none.
    pub reported: Option<Type>,
    /// Where the type stands, for the note "return type inferred here".
    pub place: Span,
}

impl Output {
    /// Input:
    ///     `-> Result<impl Display, Error>`
    ///
    /// Output:
    ///     written `Result<impl Display, Error>`, pinned `Result<_, Error>`
    pub(crate) fn new(output: &ReturnType, runtime: &TokenStream, generated: Span) -> Self {
        let (arrow, ty) = match output {
            ReturnType::Default => {
                return Output::fixed(None, quote_spanned!(generated=> ()), generated);
            }
            ReturnType::Type(arrow, ty) => (Some(*arrow), &**ty),
        };
        match types::bare(ty) {
            Type::Tuple(tuple) if tuple.elems.is_empty() => {
                Output::fixed(arrow, ty.to_token_stream(), generated)
            }
            // `TaskHandle<!>` is not stable; `!` coerces to `Infallible`.
            Type::Never(never) => {
                let place = Span::mixed_site().located_at(never.bang_token.span);
                Output::fixed(
                    arrow,
                    quote_spanned!(place=> ::core::convert::Infallible),
                    generated,
                )
            }
            _ => {
                let mut pinned = ty.clone();
                let is_opaque = infer_opaque(&mut pinned);
                let place = ty
                    .to_token_stream()
                    .into_iter()
                    .next()
                    .map_or(generated, |first| first.span());
                Output {
                    arrow,
                    written: ty.to_token_stream(),
                    pinned: pinned.to_token_stream(),
                    is_opaque,
                    reported: reported(ty, is_opaque, runtime),
                    place: Span::mixed_site().located_at(place),
                }
            }
        }
    }

    fn fixed(arrow: Option<Token![->]>, ty: TokenStream, place: Span) -> Self {
        Output {
            arrow,
            written: ty.clone(),
            pinned: ty,
            is_opaque: false,
            reported: None,
            place,
        }
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
    for part in types::parts(ty) {
        found |= infer_opaque(part);
    }
    found
}

/// The type to choose the reporter by. That choice is made before the body tells what an `impl Trait` is, and by what
/// the error implements. So in place of `impl Trait` stands a type that implements nothing of use, whereupon an
/// `Err(impl Trait)` is reported by the name of its type.
///
/// Input:
///     `Result<impl Display, Error>`
///
/// Output:
///     `Result<NoReport, Error>`, or `None` where such a type might not be allowed
fn reported(ty: &Type, is_opaque: bool, runtime: &TokenStream) -> Option<Type> {
    let mut ty = types::bare(ty).clone();
    if !is_opaque {
        return Some(ty);
    }
    let Type::Path(path) = &mut ty else {
        return None;
    };
    let last = path.path.segments.last_mut()?;
    let PathArguments::AngleBracketed(arguments) = &mut last.arguments else {
        return None;
    };
    // Any other type may ask its parameters for something that `NoReport` cannot do.
    if !last.ident.to_string().ends_with("Result") {
        return None;
    }
    for argument in &mut arguments.args {
        if let GenericArgument::Type(argument) = argument {
            if let Type::ImplTrait(_) = types::bare(argument) {
                *argument = parse_quote!(#runtime::__private::NoReport);
            }
        }
    }
    let is_clear = !infer_opaque(&mut ty.clone());
    is_clear.then_some(ty)
}
