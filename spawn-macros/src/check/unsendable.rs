//! `Rc` in a signature. rustc would say it too, but not what to do.

use crate::checked::Outline;
use crate::options::Options;
use crate::parameter::Kind;
use crate::problems::Problems;
use crate::spell::spell;
use crate::types;
use syn::{Path, PathArguments, ReceiverKind, ReturnType, Type, TypePath, parse_quote};

pub(super) fn check(outline: &Outline, options: &Options, problems: &mut Problems) {
    if options.has("local") || outline.is_declaration() {
        return;
    }
    for parameter in &outline.parameters {
        let ty = match &parameter.kind {
            Kind::Receiver(receiver) => match &receiver.kind {
                ReceiverKind::Typed(_, ty) => ty,
                _ => continue,
            },
            Kind::Name { ty, .. } | Kind::Ignored { ty, .. } | Kind::Pattern { ty, .. } => ty,
        };
        check_type(ty, options, problems);
    }
    if let ReturnType::Type(_, ty) = &outline.function.signature.output {
        check_type(ty, options, problems);
    }
}

fn check_type(ty: &Type, options: &Options, problems: &mut Problems) {
    // Behind a reference there is another error, whose advice has no `Rc`.
    if let Type::Reference(_) = types::bare(ty) {
        return;
    }
    if let Type::Path(TypePath { path, .. }) = types::bare(ty) {
        if is_rc(path) {
            let written = spell(ty);
            let what = format!("`{written}` stays on its thread, but a task may run on any");
            let shared = format!("use `{}`", spell(sendable(ty)));
            let help = match options.has("blocking") || options.has("on") {
                true => format!("{shared} in its place"),
                false => {
                    format!("{shared} in its place, or keep the task on this thread with `local`")
                }
            };
            problems.add(path, &what, &help);
            return;
        }
    }
    if is_send_only_with_its_parts(ty) {
        for part in types::parts(&mut ty.clone()) {
            check_type(part, options, problems);
        }
    }
}

/// Another type may well be `Send` around an `Rc` (a wrapper that checks the thread), or be no `Rc` at
/// all (`<Rc<A> as Trait>::B`): there rustc knows better.
fn is_send_only_with_its_parts(ty: &Type) -> bool {
    const CONTAINERS: [(&str, &str); 7] = [
        ("Arc", "sync"),
        ("Box", "boxed"),
        ("Option", "option"),
        ("Result", "result"),
        ("Vec", "vec"),
        ("VecDeque", "collections"),
        ("HashMap", "collections"),
    ];
    match types::bare(ty) {
        Type::Array(_) | Type::Tuple(_) => true,
        Type::Path(TypePath {
            qself: None, path, ..
        }) if has_arguments(path) => {
            let last = path.segments.last().map(|last| last.ident.to_string());
            CONTAINERS
                .iter()
                .find(|(name, _)| last.as_deref() == Some(name))
                .is_some_and(|(name, module)| names(path, name, module))
        }
        _ => false,
    }
}

fn is_rc(path: &Path) -> bool {
    has_arguments(path) && names(path, "Rc", "rc")
}

/// Whether there is something in the `<…>` of a path's last name.
fn has_arguments(path: &Path) -> bool {
    let last = path.segments.last();
    last.is_some_and(|last| matches!(last.arguments, PathArguments::AngleBracketed(_)))
}

/// Whether a path is `Rc<…>` or `std::rc::Rc<…>`, say, but not an `Rc` of somebody else's.
fn names(path: &Path, name: &str, module: &str) -> bool {
    let mut names = path.segments.iter().rev().map(|segment| &segment.ident);
    names.next().is_some_and(|last| last == name) && names.next().is_none_or(|name| name == module)
}

/// Input:
///     `Option<Rc<RefCell<u8>>>`
///
/// Output:
///     `Option<std::sync::Arc<std::sync::Mutex<u8>>>`
pub(super) fn sendable(ty: &Type) -> Type {
    let mut ty = ty.clone();
    make_sendable(&mut ty);
    ty
}

fn make_sendable(ty: &mut Type) {
    if let Type::Path(TypePath { path, .. }) = ty {
        if is_rc(path) {
            let arguments = arguments(path);
            *path = parse_quote!(std::sync::Arc #arguments);
        }
        if names(path, "Arc", "sync") {
            for part in types::parts(ty) {
                make_shareable(part);
            }
        }
    }
    for part in types::parts(ty) {
        make_sendable(part);
    }
}

/// An `Arc` of a cell is no more `Send` than an `Rc`.
fn make_shareable(ty: &mut Type) {
    if let Type::Path(TypePath { path, .. }) = ty {
        if names(path, "RefCell", "cell") || names(path, "Cell", "cell") {
            let arguments = arguments(path);
            *path = parse_quote!(std::sync::Mutex #arguments);
        }
    }
}

fn arguments(path: &Path) -> PathArguments {
    let last = path.segments.last();
    last.map_or(PathArguments::None, |last| last.arguments.clone())
}
