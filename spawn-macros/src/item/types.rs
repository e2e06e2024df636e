//! Looking into a type.

use syn::punctuated::Punctuated;
use syn::{
    GenericArgument, Lifetime, ParenthesizedGenericArguments, Path, PathArguments, PathSegment,
    Token, Type, TypeParamBound,
};

/// The types of which `ty` is directly made, except those in the signature of a function type
/// (`fn(A) -> B`, `Fn(A)`).
///
/// Input:
///     `Result<Vec<A>, B>`
///
/// Output:
///     `Vec<A>` and `B`
pub(crate) fn parts(ty: &mut Type) -> Vec<&mut Type> {
    let mut found = Vec::new();
    match ty {
        Type::Array(ty) => found.push(&mut *ty.elem),
        Type::Group(ty) => found.push(&mut *ty.elem),
        Type::Paren(ty) => found.push(&mut *ty.elem),
        Type::Ptr(ty) => found.push(&mut *ty.elem),
        Type::Reference(ty) => found.push(&mut *ty.elem),
        Type::Slice(ty) => found.push(&mut *ty.elem),
        Type::Tuple(ty) => {
            for part in &mut ty.elems {
                found.push(part);
            }
        }
        Type::ImplTrait(ty) => add_of_bounds(&mut ty.bounds, &mut found),
        Type::TraitObject(ty) => add_of_bounds(&mut ty.bounds, &mut found),
        Type::Path(ty) => {
            if let Some(qself) = &mut ty.qself {
                found.push(&mut qself.ty);
            }
            add_of_path(&mut ty.path, &mut found);
        }
        _ => {}
    }
    found
}

fn add_of_bounds<'a>(
    bounds: &'a mut Punctuated<TypeParamBound, Token![+]>,
    found: &mut Vec<&'a mut Type>,
) {
    for bound in bounds {
        if let TypeParamBound::Trait(bound) = bound {
            add_of_path(&mut bound.path, found);
        }
    }
}

fn add_of_path<'a>(path: &'a mut Path, found: &mut Vec<&'a mut Type>) {
    for segment in &mut path.segments {
        let PathArguments::AngleBracketed(arguments) = &mut segment.arguments else {
            continue;
        };
        for argument in &mut arguments.args {
            match argument {
                GenericArgument::Type(ty) => found.push(ty),
                GenericArgument::AssocType(binding) => found.push(&mut binding.ty),
                GenericArgument::Constraint(bounded) => add_of_bounds(&mut bounded.bounds, found),
                _ => {}
            }
        }
    }
}

/// The calls in the bounds of a type: `Fn(A) -> B`.
pub(crate) fn calls(ty: &mut Type) -> Vec<&mut ParenthesizedGenericArguments> {
    let bounds = match ty {
        Type::ImplTrait(ty) => &mut ty.bounds,
        Type::TraitObject(ty) => &mut ty.bounds,
        _ => return Vec::new(),
    };
    let call = |bound| match bound {
        &mut TypeParamBound::Trait(ref mut bound) => bound.path.segments.last_mut(),
        _ => None,
    };
    let segments = bounds.iter_mut().filter_map(call);
    let arguments = segments.filter_map(|segment| match &mut segment.arguments {
        PathArguments::Parenthesized(call) => Some(call),
        _ => None,
    });
    arguments.collect()
}

/// `ty` without the parentheses around it, be they written or the invisible ones of a `$ty:ty`.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        _ => ty,
    }
}

/// `Result<A, B>` of `std::io::Result<A, B>`.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(ty) => ty.path.segments.last(),
        _ => None,
    }
}

/// The bounds of an `impl Trait` or a `dyn Trait`.
pub(crate) fn bounds(ty: &Type) -> Option<&Punctuated<TypeParamBound, Token![+]>> {
    match ty {
        Type::ImplTrait(ty) => Some(&ty.bounds),
        Type::TraitObject(ty) => Some(&ty.bounds),
        _ => None,
    }
}

/// Makes the lifetimes `'static` which `ty` itself names in its generic arguments and bounds, as
/// opposed to those in its parts.
///
/// Input:
///     `Foo<'a>`
///
/// Output:
///     `Foo<'static>`
pub(crate) fn make_static(ty: &mut Type) {
    let bounds = match ty {
        Type::Path(ty) => return make_path_static(&mut ty.path),
        Type::ImplTrait(ty) => &mut ty.bounds,
        Type::TraitObject(ty) => &mut ty.bounds,
        _ => return,
    };
    for bound in bounds {
        match bound {
            TypeParamBound::Trait(bound) if bound.lifetimes.is_none() => {
                make_path_static(&mut bound.path)
            }
            TypeParamBound::Lifetime(lifetime) => *lifetime = to_static(lifetime),
            _ => {}
        }
    }
}

fn make_path_static(path: &mut Path) {
    for segment in &mut path.segments {
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            for argument in &mut arguments.args {
                if let GenericArgument::Lifetime(lifetime) = argument {
                    *lifetime = to_static(lifetime);
                }
            }
        }
    }
}

/// Makes every lifetime in `ty` `'static`, be it written or left out.
pub(crate) fn make_all_static(ty: &mut Type) {
    if let Type::Reference(reference) = ty {
        reference.lifetime = Some(Lifetime::new("'static", reference.and_token.spans[0]));
    }
    make_static(ty);
    for part in parts(ty) {
        make_all_static(part);
    }
}

fn to_static(lifetime: &Lifetime) -> Lifetime {
    Lifetime::new("'static", lifetime.span())
}
