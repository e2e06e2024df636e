//! Looking into a type.

use syn::punctuated::Punctuated;
use syn::{
    GenericArgument, Lifetime, ParenthesizedGenericArguments, Path, PathArguments, PathSegment,
    Token, Type, TypeParamBound,
};

/// What a type is directly made of.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    pub types: Vec<&'a mut Type>,
    /// Those in generic arguments and bounds, except after a `for<…>`.
    pub lifetimes: Vec<&'a mut Lifetime>,
    /// `Fn(A) -> B`, whose types are not among the others. So are those of `fn(A) -> B`.
    pub calls: Vec<&'a mut ParenthesizedGenericArguments>,
}

/// Input:
///     `Foo<'a, Vec<A>, B>`
///
/// Output:
///     the types `Vec<A>` and `B`, the lifetime `'a`
pub(crate) fn parts(ty: &mut Type) -> Parts<'_> {
    let mut parts = Parts::default();
    match ty {
        Type::Array(ty) => parts.types.push(&mut *ty.elem),
        Type::Group(ty) => parts.types.push(&mut *ty.elem),
        Type::Paren(ty) => parts.types.push(&mut *ty.elem),
        Type::Ptr(ty) => parts.types.push(&mut *ty.elem),
        Type::Reference(ty) => parts.types.push(&mut *ty.elem),
        Type::Slice(ty) => parts.types.push(&mut *ty.elem),
        Type::Tuple(ty) => parts.types.extend(&mut ty.elems),
        Type::ImplTrait(ty) => parts.add_bounds(&mut ty.bounds),
        Type::TraitObject(ty) => parts.add_bounds(&mut ty.bounds),
        Type::Path(ty) => {
            if let Some(qself) = &mut ty.qself {
                parts.types.push(&mut qself.ty);
            }
            parts.add_path(&mut ty.path);
        }
        _ => {}
    }
    parts
}

impl<'a> Parts<'a> {
    fn add_bounds(&mut self, bounds: &'a mut Punctuated<TypeParamBound, Token![+]>) {
        for bound in bounds {
            match bound {
                TypeParamBound::Trait(bound) => {
                    let before = self.lifetimes.len();
                    self.add_path(&mut bound.path);
                    if bound.lifetimes.is_some() {
                        self.lifetimes.truncate(before);
                    }
                }
                TypeParamBound::Lifetime(lifetime) => self.lifetimes.push(lifetime),
                _ => {}
            }
        }
    }

    fn add_path(&mut self, path: &'a mut Path) {
        for segment in &mut path.segments {
            match &mut segment.arguments {
                PathArguments::None => {}
                PathArguments::AngleBracketed(arguments) => {
                    for argument in &mut arguments.args {
                        match argument {
                            GenericArgument::Lifetime(lifetime) => self.lifetimes.push(lifetime),
                            GenericArgument::Type(ty) => self.types.push(ty),
                            GenericArgument::AssocType(binding) => self.types.push(&mut binding.ty),
                            GenericArgument::Constraint(it) => self.add_bounds(&mut it.bounds),
                            _ => {}
                        }
                    }
                }
                PathArguments::Parenthesized(call) => self.calls.push(call),
            }
        }
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

/// Makes every lifetime in `ty` `'static`, be it written or left out.
pub(crate) fn make_all_static(ty: &mut Type) {
    if let Type::Reference(reference) = ty {
        reference.lifetime = Some(Lifetime::new("'static", reference.and_token.spans[0]));
    }
    let parts = parts(ty);
    make_static(parts.lifetimes);
    for part in parts.types {
        make_all_static(part);
    }
}

pub(crate) fn make_static(lifetimes: Vec<&mut Lifetime>) {
    for lifetime in lifetimes {
        *lifetime = Lifetime::new("'static", lifetime.span());
    }
}
