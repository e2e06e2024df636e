//! The type to take in place of a borrowed one.

use crate::item::types;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{
    ParenthesizedGenericArguments, Path, ReturnType, Token, Type, TypeParamBound, TypeReference,
    parse_quote,
};

/// Input:
///     `Option<&'a [&str]>`
///
/// Output:
///     `Option<Vec<String>>`
pub(super) fn owned(ty: &Type, is_local: bool) -> Type {
    let mut ty = ty.clone();
    own(&mut ty, is_local);
    ty
}

fn own(ty: &mut Type, is_local: bool) {
    // `&&str` is a reference to what is borrowed still.
    while let Type::Reference(reference) = ty {
        let is_static = |lifetime: &syn::Lifetime| lifetime.ident == "static";
        if reference.lifetime.as_ref().is_some_and(is_static) {
            break;
        }
        *ty = in_place_of(types::bare(&reference.elem), is_local);
    }
    match ty {
        Type::TraitObject(object) if has_borrow(&object.bounds) => {
            let bounds = lasting(&object.bounds, is_local);
            *ty = parse_quote!(dyn #bounds);
        }
        // Without bounds rustc would ask for them next.
        Type::ImplTrait(opaque) => {
            let bounds = lasting(&opaque.bounds, is_local);
            *ty = parse_quote!(impl #bounds + 'static);
        }
        // An `Rc` would be the next error.
        Type::Path(path) if !is_local => {
            if let Some(rc) = path.path.segments.last().filter(|last| last.ident == "Rc") {
                let arguments = &rc.arguments;
                path.path = parse_quote!(std::sync::Arc #arguments);
            }
        }
        _ => {}
    }
    let parts = types::parts(ty);
    types::make_static(parts.lifetimes);
    for call in parts.calls {
        own_call(call, is_local);
    }
    for part in parts.types {
        own(part, is_local);
    }
}

/// Lets each call have lifetimes of its own.
///
/// Input:
///     `Fn(&'a str) -> &'a str`
///
/// Output:
///     `Fn(&str) -> &str`
fn own_call(call: &mut ParenthesizedGenericArguments, is_local: bool) {
    let mut takes_a_reference = false;
    for input in &mut call.inputs {
        if let Type::Reference(reference) = &mut input.ty {
            reference.lifetime = None;
            takes_a_reference = true;
        }
    }
    match &mut call.output {
        ReturnType::Type(_, output) => match &mut **output {
            Type::Reference(reference) if takes_a_reference => reference.lifetime = None,
            output => own(output, is_local),
        },
        ReturnType::Default => {}
    }
}

/// `dyn Display + 'a`
fn has_borrow(bounds: &Punctuated<TypeParamBound, Token![+]>) -> bool {
    bounds.iter().any(
        |bound| matches!(bound, TypeParamBound::Lifetime(lifetime) if lifetime.ident != "static"),
    )
}

/// The owned form of what a reference points to; its own parts may still be borrowed.
fn in_place_of(target: &Type, is_local: bool) -> Type {
    match target {
        Type::Slice(slice) => {
            let element = &slice.elem;
            parse_quote!(Vec<#element>)
        }
        Type::TraitObject(object) => {
            let bounds = lasting(&object.bounds, is_local);
            parse_quote!(Box<dyn #bounds>)
        }
        Type::Path(path) if path.qself.is_none() => {
            owned_form(&path.path).unwrap_or_else(|| target.clone())
        }
        _ => target.clone(),
    }
}

/// The bounds without lifetimes, and with `Send` where the task may go to another thread.
fn lasting(
    bounds: &Punctuated<TypeParamBound, Token![+]>,
    is_local: bool,
) -> proc_macro2::TokenStream {
    let mut traits = Vec::new();
    let mut is_send = is_local;
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

/// The owned type of one that has no size.
fn owned_form(path: &Path) -> Option<Type> {
    let last = path.segments.last()?;
    Some(match last.ident.to_string().as_str() {
        "str" => parse_quote!(String),
        "Path" => parse_quote!(std::path::PathBuf),
        "OsStr" => parse_quote!(std::ffi::OsString),
        "CStr" => parse_quote!(std::ffi::CString),
        _ => return None,
    })
}

/// How a borrowed value could be shared instead.
///
/// Input:
///     `&Config` and `&mut Config`
///
/// Output:
///     `std::sync::Arc<Config>` and `std::sync::Arc<std::sync::Mutex<Config>>`
pub(super) fn shared(reference: &TypeReference, is_local: bool) -> Option<Type> {
    let Type::Path(path) = types::bare(&reference.elem) else {
        return None;
    };
    let last = path.path.segments.last()?;
    if owned_form(&path.path).is_some() || last.ident == "Arc" || last.ident == "Rc" {
        return None;
    }
    // An `Arc` of a cell is not `Send`.
    if last.ident == "Cell" || last.ident == "RefCell" {
        let arguments = &last.arguments;
        return Some(parse_quote!(std::sync::Arc<std::sync::Mutex #arguments>));
    }
    let target = owned(&reference.elem, is_local);
    Some(match reference.mutability {
        Some(_) => parse_quote!(std::sync::Arc<std::sync::Mutex<#target>>),
        None => parse_quote!(std::sync::Arc<#target>),
    })
}

/// The owning form of a receiver's type.
///
/// Input:
///     `Pin<&mut Self>`
///
/// Output:
///     `Pin<Box<Self>>`
pub(super) fn receiver(ty: &Type) -> Type {
    let mut ty = ty.clone();
    own_receiver(&mut ty);
    ty
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
    let parts = types::parts(ty);
    types::make_static(parts.lifetimes);
    for part in parts.types {
        own_receiver(part);
    }
}
