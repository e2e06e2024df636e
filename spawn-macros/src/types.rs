//! Looking into a type.

use syn::{
    AngleBracketedGenericArguments, GenericArgument, Lifetime, Path, PathArguments, Type,
    TypeParamBound,
};

/// The types of which `ty` is directly made, except those in the signature of a function type
/// (`fn(A) -> B`, `Fn(A)`).
///
/// For `Result<Vec<A>, B>` these are `Vec<A>` and `B`.
pub(crate) fn parts(ty: &mut Type) -> Vec<&mut Type> {
    match ty {
        Type::Array(ty) => vec![&mut *ty.elem],
        Type::Group(ty) => vec![&mut *ty.elem],
        Type::Paren(ty) => vec![&mut *ty.elem],
        Type::Ptr(ty) => vec![&mut *ty.elem],
        Type::Reference(ty) => vec![&mut *ty.elem],
        Type::Slice(ty) => vec![&mut *ty.elem],
        Type::Tuple(ty) => ty.elems.iter_mut().collect(),
        Type::ImplTrait(ty) => ty.bounds.iter_mut().flat_map(parts_of_bound).collect(),
        Type::TraitObject(ty) => ty.bounds.iter_mut().flat_map(parts_of_bound).collect(),
        Type::Path(ty) => {
            let qualified = ty.qself.as_mut().map(|qself| &mut *qself.ty);
            qualified
                .into_iter()
                .chain(parts_of_path(&mut ty.path))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn parts_of_bound(bound: &mut TypeParamBound) -> Vec<&mut Type> {
    match bound {
        TypeParamBound::Trait(bound) => parts_of_path(&mut bound.path),
        _ => Vec::new(),
    }
}

fn parts_of_path(path: &mut Path) -> Vec<&mut Type> {
    path.segments
        .iter_mut()
        .flat_map(|segment| arguments(&mut segment.arguments))
        .collect()
}

fn arguments(arguments: &mut PathArguments) -> Vec<&mut Type> {
    match arguments {
        PathArguments::AngleBracketed(AngleBracketedGenericArguments { args, .. }) => args
            .iter_mut()
            .flat_map(|argument| match argument {
                GenericArgument::Type(ty) => vec![ty],
                GenericArgument::AssocType(binding) => vec![&mut binding.ty],
                GenericArgument::Constraint(constraint) => constraint
                    .bounds
                    .iter_mut()
                    .flat_map(parts_of_bound)
                    .collect(),
                _ => Vec::new(),
            })
            .collect(),
        PathArguments::None | PathArguments::Parenthesized(_) => Vec::new(),
    }
}

/// `ty` without the parentheses around it, be they written or the invisible ones of a `$ty:ty`.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        _ => ty,
    }
}

/// Whether this is the name of a type that is part of the language. (Nobody names a type of theirs
/// `u8`.)
pub(crate) fn is_primitive(name: &str) -> bool {
    const PRIMITIVES: [&str; 17] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
        "u32", "u64", "u128", "usize", "str",
    ];
    PRIMITIVES.contains(&name)
}

/// How complex clippy finds a type that stands `depth` deep in another. (From 250 on, it warns.)
pub(crate) fn complexity(ty: &Type, depth: u32) -> u32 {
    let own = match ty {
        Type::Infer(_) | Type::Ptr(_) | Type::Reference(_) => 1,
        Type::FnPtr(_) | Type::TraitObject(_) | Type::ImplTrait(_) => 50,
        _ => 10,
    };
    let mut ty = ty.clone();
    let parts = parts(&mut ty).into_iter();
    own * depth + parts.map(|part| complexity(part, depth + 1)).sum::<u32>()
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
