//! Borrows in the arguments and in what is returned: a task lives as long as it likes, so it can
//! hold none.
//!
//! What a type hides (`Cow<str>`, an alias) only rustc sees, which then says that the data escapes.

mod search;

use super::owned;
use crate::parameter::{Kind, Parameter};
use crate::problems::Problems;
use crate::spell::spell;
use crate::types;
pub(super) use search::{Found, Search};
use syn::{FnArg, Generics, ReceiverKind, ReturnType, Signature, Type};

pub(super) fn check_parameter(
    parameter: &Parameter,
    generics: &Generics,
    is_local: bool,
    problems: &mut Problems,
) {
    let Some(ty) = parameter.ty() else { return };
    let name = match &parameter.kind {
        Kind::Name { name, .. } => format!("{name}: "),
        _ => String::new(),
    };
    for found in Search::new(generics).of(ty) {
        let right = spell(owned::owned(ty, is_local));
        match &found {
            Found::Reference(reference) => {
                let what = format!(
                    "`{}` is borrowed, but the task may outlive the caller",
                    spell(reference)
                );
                let help = match (types::bare(ty), owned::can_be_shared(reference, is_local)) {
                    _ if is_parameter(&reference.elem, generics) => {
                        let target = spell(&reference.elem);
                        format!("take `{name}{right}`, where `{target}: Send + 'static`")
                    }
                    (Type::Reference(_), Some(shared)) => {
                        format!(
                            "take `{name}{right}`, or share it as `{name}{}`",
                            spell(shared)
                        )
                    }
                    _ => format!("take `{name}{right}`"),
                };
                problems.add(found.place(), &what, &help);
            }
            Found::Lifetime(lifetime) => {
                let what = format!("`{lifetime}` may end before the background task does");
                problems.add(lifetime, &what, &format!("take `{name}{right}`"));
            }
        }
    }
}

pub(super) fn check_output(signature: &Signature, is_local: bool, problems: &mut Problems) {
    let ReturnType::Type(_, ty) = &signature.output else {
        return;
    };
    for found in Search::new(&signature.generics).of(ty) {
        let right = spell(owned::owned(ty, is_local));
        let what = match &found {
            Found::Reference(reference) => {
                format!(
                    "the task cannot return `{}`: what it borrows from may be gone by then",
                    spell(reference)
                )
            }
            Found::Lifetime(lifetime) => {
                format!("`{lifetime}` may end before the background task does")
            }
        };
        problems.add(
            found.place(),
            &what,
            &format!("return an owned value: `-> {right}`"),
        );
    }
}

/// Whether a type is one of the function's own type parameters.
fn is_parameter(ty: &Type, generics: &Generics) -> bool {
    let Type::Path(path) = types::bare(ty) else {
        return false;
    };
    generics
        .type_params()
        .any(|parameter| path.path.is_ident(&parameter.ident))
}

/// Whether the function takes something from which what it returns could be borrowed, were it a
/// plain one.
pub(crate) fn takes_a_borrow(signature: &Signature) -> bool {
    let search = Search::new(&signature.generics);
    signature.inputs.iter().any(|input| match input {
        FnArg::Receiver(receiver) => match &receiver.kind {
            ReceiverKind::Reference(..) => true,
            ReceiverKind::Typed(_, ty) => !search.of(ty).is_empty(),
            _ => false,
        },
        FnArg::Typed(parameter) => !search.of(&parameter.ty).is_empty(),
    })
}
