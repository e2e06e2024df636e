//! What the function returns, in each of the places where that is written.

use crate::runtime::Runtime;
use crate::word::{begins_with_small_letter, is_one_of};
use crate::{place, types};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{GenericArgument, PathArguments, ReturnType, Token, Type, TypePath, parse_quote};

/// From here on, `types::complexity` says, clippy might warn of a handle's type.
pub(crate) const COMPLEX: u32 = 240;

pub(crate) struct Output {
    pub arrow: Option<Token![->]>,
    /// What the task ends with, as the handle's parameter.
    pub written: Type,
    /// The same for the places within the body, where `impl Trait` cannot stand.
    pub pinned: Type,
    /// Whether `impl Trait` is part of it, so that only the body tells what it is.
    pub is_opaque: bool,
    /// The type by which the way to report an `Err` is chosen, unless it is clear that there is
    /// none.
    pub reported: Option<Type>,
    /// Whether the type is so simple that a handle of it is no complex type either.
    pub is_simple: bool,
    /// Whether the value may be a future itself.
    pub may_be_future: bool,
    /// Where the type stands, for rustc's note on where it was inferred.
    pub place: Span,
}

impl Output {
    /// Input:
    ///     `-> Result<impl Display, Error>`
    ///
    /// Output:
    ///     written `Result<impl Display, Error>`, pinned `Result<_, Error>`
    pub(crate) fn new(output: &ReturnType, runtime: &Runtime, keyword: Span) -> Self {
        let (arrow, ty) = match output {
            ReturnType::Default => {
                let unit = quote_spanned!(keyword=> ());
                return Output::fixed(None, unit, keyword);
            }
            ReturnType::Type(arrow, ty) => (Some(*arrow), &**ty),
        };
        match types::bare(ty) {
            Type::Tuple(tuple) if tuple.elems.is_empty() => {
                Output::fixed(arrow, ty.to_token_stream(), place::of(ty))
            }
            // `TaskHandle<!>` is not stable; `!` coerces to `Infallible`.
            Type::Never(never) => {
                let span = never.bang_token.span;
                let ty = quote_spanned!(span=> ::core::convert::Infallible);
                Output::fixed(arrow, ty, span)
            }
            _ => {
                let mut pinned = ty.clone();
                let is_opaque = infer_opaque(&mut pinned);
                Output {
                    arrow,
                    written: ty.clone(),
                    pinned,
                    is_opaque,
                    reported: reported(ty, is_opaque, runtime),
                    is_simple: types::complexity(ty, 2) < COMPLEX,
                    may_be_future: !is_no_future(ty),
                    place: place::of_type(ty),
                }
            }
        }
    }

    /// Lets nothing in the handle's type be borrowed, where there is nothing to borrow it from:
    /// rustc would object to that a second time.
    ///
    /// Input:
    ///     `&str`
    ///
    /// Output:
    ///     `&'static str`
    pub(crate) fn make_static(&mut self) {
        types::make_all_static(&mut self.written);
    }

    fn fixed(arrow: Option<Token![->]>, ty: TokenStream, place: Span) -> Self {
        Output {
            arrow,
            written: Type::Verbatim(ty.clone()),
            pinned: Type::Verbatim(ty),
            is_opaque: false,
            reported: None,
            is_simple: true,
            may_be_future: false,
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

/// The type to choose the reporter by. That choice is made before the body tells what an `impl
/// Trait` is, and by what the error implements. So in place of `impl Trait` stands a type that
/// implements nothing of use, whereupon an
/// `Err(impl Trait)` is reported by the name of its type.
///
/// Input:
///     `Result<Vec<impl Display>, Error>`
///
/// Output:
///     `Result<NoReport, Error>`, or `None` where such a type might not be allowed, or it is no
///     `Result` anyway
fn reported(ty: &Type, is_opaque: bool, runtime: &Runtime) -> Option<Type> {
    if is_no_result(ty) {
        return None;
    }
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
            if infer_opaque(&mut argument.clone()) {
                *argument = parse_quote!(#runtime::__private::NoReport);
            }
        }
    }
    let is_clear = !infer_opaque(&mut ty.clone());
    is_clear.then_some(ty)
}

/// Whether the type, as it is written, surely is no `Result` and no alias of it, which spares rustc to
/// find that out.
fn is_no_result(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Array(_) | Type::Reference(_) | Type::Tuple(_) => true,
        Type::Path(TypePath {
            qself: None, path, ..
        }) if path.segments.len() == 1 => is_name_of_no_result(&path.segments[0].ident.to_string()),
        _ => false,
    }
}

/// The same of the name of a type without a path.
pub(crate) fn is_name_of_no_result(name: &str) -> bool {
    types::is_primitive(name) || matches!(name, "Box" | "Option" | "String" | "Vec")
}

/// Whether the type, as it is written, surely is no future.
fn is_no_future(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Array(_) | Type::Tuple(_) => true,
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| is_name_of_no_future(&last.ident.to_string()))
        }
        _ => false,
    }
}

/// The same of the last name in its path.
pub(crate) fn is_name_of_no_future(name: &str) -> bool {
    const NO_FUTURES: [&str; 9] = [
        "Arc", "HashMap", "HashSet", "Option", "PathBuf", "Rc", "Result", "String", "Vec",
    ];
    // A small letter stands for a primitive type.
    begins_with_small_letter(name) || is_one_of(name, &NO_FUTURES)
}
