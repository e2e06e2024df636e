//! `Rc` in a signature. rustc would say it too, but not what to do.

use crate::checked::Outline;
use crate::options::Options;
use crate::parameter::Kind;
use crate::problems::Problems;
use crate::spell::spell;
use crate::types;
use quote::ToTokens;
use syn::{Path, ReceiverKind, ReturnType, Type, TypePath};

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
            let shared = format!("use `{}`", spell(shared(path)));
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
    for part in types::parts(&mut ty.clone()) {
        check_type(part, options, problems);
    }
}

/// `Rc<…>` or `std::rc::Rc<…>`, but not an `Rc` of somebody else's.
pub(super) fn is_rc(path: &Path) -> bool {
    let mut names = path.segments.iter().rev().map(|segment| &segment.ident);
    names.next().is_some_and(|name| name == "Rc")
        && names.next().is_none_or(|module| module == "rc")
}

/// Input:
///     `Rc<u8>`
///
/// Output:
///     `std::sync::Arc<u8>`
pub(super) fn shared(path: &Path) -> Path {
    let arguments = path
        .segments
        .last()
        .map(|last| last.arguments.to_token_stream());
    syn::parse_quote!(std::sync::Arc #arguments)
}
