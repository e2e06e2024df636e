//! What the function returns, in each of the places where that is written.

use super::{first_span, types};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{GenericArgument, PathArguments, ReturnType, Token, Type, TypeParamBound};

pub(crate) struct Output {
    pub arrow: Option<Token![->]>,
    /// What the task ends with, as the handle's parameter.
    pub written: Type,
    /// The same for the places within the body, where `impl Trait` cannot stand.
    pub pinned: Type,
    pub reports: Reports,
    /// The type's span, for rustc's note on where it was inferred.
    pub span: Span,
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
        let (arrow, ty) = match output {
            ReturnType::Default => {
                return Output::nothing(None, quote_spanned!(keyword=> ()), keyword);
            }
            ReturnType::Type(arrow, ty) => (Some(*arrow), &**ty),
        };
        match types::bare(ty) {
            Type::Tuple(tuple) if tuple.elems.is_empty() => {
                Output::nothing(arrow, ty.to_token_stream(), first_span(ty))
            }
            // `TaskHandle<!>` is not stable; `!` coerces to `Infallible`.
            Type::Never(never) => {
                let span = never.bang_token.span;
                let ty = quote_spanned!(span=> ::core::convert::Infallible);
                Output::nothing(arrow, ty, span)
            }
            _ => {
                let mut pinned = ty.clone();
                let reports = match infer_opaque(&mut pinned) {
                    true => Reports::TypeOfBody,
                    false => Reports::WrittenType,
                };
                Output {
                    arrow,
                    written: ty.clone(),
                    pinned,
                    reports,
                    span: first_span(ty),
                }
            }
        }
    }

    fn nothing(arrow: Option<Token![->]>, ty: TokenStream, span: Span) -> Self {
        Output {
            arrow,
            written: Type::Verbatim(ty.clone()),
            pinned: Type::Verbatim(ty),
            reports: Reports::Nothing,
            span,
        }
    }

    /// What the future resolves to, if the written type is a future: `impl Future<Output = T>`,
    /// `Pin<Box<dyn Future<Output = T>>>` or `BoxFuture<'static, T>`.
    pub(crate) fn of_future(&self) -> Option<Type> {
        output_of_future(&self.written)
    }

    /// Lets nothing in the handle's type be borrowed, where there is nothing to borrow it from.
    /// Otherwise rustc would add an error to ours.
    ///
    /// Input:
    ///     `&str`
    ///
    /// Output:
    ///     `&'static str`
    pub(crate) fn make_static(&mut self) {
        types::make_all_static(&mut self.written);
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

fn output_of_future(ty: &Type) -> Option<Type> {
    let ty = types::bare(ty);
    if let Some(bounds) = types::bounds(ty) {
        return bounds.iter().find_map(output_of_bound);
    }
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
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
