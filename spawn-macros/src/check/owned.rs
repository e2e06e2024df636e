//! The type to take in place of a borrowed one.

use super::unsendable;
use crate::types;
use crate::word::{begins_with_small_letter, is_one_of};
use quote::quote;
use syn::{Path, PathArguments, Type, TypeParamBound, TypeReference, parse_quote};

/// Input:
///     `Option<&'a [&str]>`
///
/// Output:
///     `Option<Vec<String>>`
pub(super) fn owned(ty: &Type, is_local: bool) -> Type {
    let mut ty = ty.clone();
    own(&mut ty);
    match is_local {
        true => ty,
        false => unsendable::sendable(&ty),
    }
}

fn own(ty: &mut Type) {
    if let Type::Reference(reference) = ty {
        let is_static = |lifetime: &syn::Lifetime| lifetime.ident == "static";
        if !reference.lifetime.as_ref().is_some_and(is_static) {
            *ty = in_place_of(types::bare(&reference.elem));
        }
    }
    if is_bounded_by_borrow(ty) {
        *ty = match &*ty {
            Type::TraitObject(object) => {
                let bounds = lasting(&object.bounds);
                parse_quote!(dyn #bounds)
            }
            Type::ImplTrait(opaque) => {
                let bounds = lasting(&opaque.bounds);
                parse_quote!(impl #bounds + 'static)
            }
            other => other.clone(),
        };
    }
    types::make_static(ty);
    for part in types::parts(ty) {
        own(part);
    }
}

/// `dyn Display + 'a`, which is not to be `dyn Display + 'static` in a task, but `dyn Display +
/// Send`.
fn is_bounded_by_borrow(ty: &Type) -> bool {
    let bounds = match ty {
        Type::TraitObject(object) => &object.bounds,
        Type::ImplTrait(opaque) => &opaque.bounds,
        _ => return false,
    };
    bounds.iter().any(
        |bound| matches!(bound, TypeParamBound::Lifetime(lifetime) if lifetime.ident != "static"),
    )
}

/// The owned form of what a reference points to; its own parts may still be borrowed.
fn in_place_of(target: &Type) -> Type {
    match target {
        Type::Slice(slice) => {
            let element = &slice.elem;
            parse_quote!(Vec<#element>)
        }
        Type::TraitObject(object) => {
            let bounds = lasting(&object.bounds);
            parse_quote!(Box<dyn #bounds>)
        }
        Type::ImplTrait(opaque) => {
            let bounds = lasting(&opaque.bounds);
            parse_quote!(impl #bounds + 'static)
        }
        Type::Path(path) if path.qself.is_none() => match well_known(&path.path) {
            Some("str") => parse_quote!(String),
            Some("Path") => parse_quote!(std::path::PathBuf),
            Some("OsStr") => parse_quote!(std::ffi::OsString),
            Some("CStr") => parse_quote!(std::ffi::CString),
            _ => target.clone(),
        },
        _ => target.clone(),
    }
}

/// The bounds without lifetimes and with `Send`.
fn lasting(
    bounds: &syn::punctuated::Punctuated<TypeParamBound, syn::Token![+]>,
) -> proc_macro2::TokenStream {
    let mut traits = Vec::new();
    let mut is_send = false;
    for bound in bounds {
        match bound {
            TypeParamBound::Lifetime(_) => continue,
            TypeParamBound::Trait(bound) => is_send |= bound.path.is_ident("Send"),
            _ => {}
        }
        traits.push(bound);
    }
    match is_send {
        true => quote!(#(#traits)+*),
        false => quote!(#(#traits)+* + Send),
    }
}

fn well_known(path: &Path) -> Option<&'static str> {
    const UNSIZED: [&str; 4] = ["str", "Path", "OsStr", "CStr"];
    let last = path.segments.last()?;
    let found = UNSIZED.into_iter().find(|name| last.ident == name)?;
    last.arguments.is_none().then_some(found)
}

/// How a borrowed value could be shared instead, if cloning it is not the obvious thing to do.
///
/// Input:
///     `&Config`
///
/// Output:
///     `std::sync::Arc<Config>`
pub(super) fn can_be_shared(reference: &TypeReference, is_local: bool) -> Option<Type> {
    let target = types::bare(&reference.elem);
    let Type::Path(path) = target else {
        return None;
    };
    let last = path.path.segments.last()?;
    const CONTAINERS: [&str; 5] = ["Arc", "Rc", "Option", "Sender", "Receiver"];
    const CHEAP: [&str; 6] = [
        "String",
        "PathBuf",
        "CancellationToken",
        "TaskScope",
        "Duration",
        "Instant",
    ];
    let name = last.ident.to_string();
    let is_generic_container = matches!(&last.arguments, PathArguments::AngleBracketed(_))
        && is_one_of(&name, &CONTAINERS);
    let is_small = begins_with_small_letter(&name);
    let is_cheap = is_one_of(&name, &CHEAP);
    if well_known(&path.path).is_some() || is_generic_container || is_small || is_cheap {
        return None;
    }
    let target = owned(target, is_local);
    let shared = match reference.mutability {
        Some(_) => parse_quote!(std::sync::Arc<std::sync::Mutex<#target>>),
        None => parse_quote!(std::sync::Arc<#target>),
    };
    Some(unsendable::sendable(&shared))
}

/// The owning form of a receiver's type.
///
/// Input:
///     `Pin<&mut Self>`
///
/// Output:
///     `Pin<Box<Self>>`
pub(super) fn receiver(ty: &Type, is_local: bool) -> Type {
    let mut ty = ty.clone();
    own_receiver(&mut ty);
    match is_local {
        true => ty,
        false => unsendable::sendable(&ty),
    }
}

fn own_receiver(ty: &mut Type) {
    if let Type::Reference(reference) = ty {
        let target = types::bare(&reference.elem).clone();
        let is_self = matches!(&target, Type::Path(path) if path.path.is_ident("Self"));
        *ty = match (is_self, reference.mutability) {
            (true, Some(_)) => parse_quote!(Box<Self>),
            (true, None) => parse_quote!(std::sync::Arc<Self>),
            (false, _) => target,
        };
    }
    types::make_static(ty);
    for part in types::parts(ty) {
        own_receiver(part);
    }
}
