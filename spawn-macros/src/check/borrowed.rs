//! Borrows in the arguments and in what is returned: a task may outlive its caller, so it can hold none.

use super::owned;
use crate::context::FnContext;
use crate::errors::Errors;
use crate::item::{Borrow, Borrows, Kind, Parameter, types};
use crate::to_source::to_source;
use syn::{Generics, Receiver, ReceiverKind, ReturnType, Type};

pub(super) fn check(context: &FnContext, is_local: bool, errors: &mut Errors) {
    let signature = &context.function.signature;
    let borrows = Borrows::new(&signature.generics);
    for parameter in &context.parameters {
        // That of a token has errors of its own.
        if parameter.stays_with_caller || parameter.is_cancel() {
            continue;
        }
        match &parameter.kind {
            Kind::Receiver(receiver) => {
                if borrows.of_receiver(receiver) {
                    check_receiver(receiver, errors);
                }
            }
            Kind::Name { ty, .. } | Kind::Pattern { ty, .. } => {
                for borrow in borrows.of(ty) {
                    let generics = &signature.generics;
                    check_parameter(&borrow, parameter, ty, generics, is_local, errors);
                }
            }
        }
    }
    if let ReturnType::Type(_, ty) = &signature.output {
        for borrow in borrows.of(ty) {
            let takes_arguments = !context.parameters.is_empty();
            check_output(&borrow, ty, takes_arguments, is_local, errors);
        }
    }
}

fn check_receiver(receiver: &Receiver, errors: &mut Errors) {
    let what = format!(
        "`{}` is borrowed, but the task may outlive the caller",
        to_source(receiver)
    );
    let help = match &receiver.kind {
        ReceiverKind::Typed(_, ty) => format!("take `self: {}`", to_source(owned::receiver(ty))),
        ReceiverKind::Reference(_, _, Some(_)) => {
            "take `mut self`, or share it as `self: std::sync::Arc<Self>` with a `Mutex` around \
             what changes"
                .to_owned()
        }
        _ => "take `self: std::sync::Arc<Self>` to share it, or `self` to give it to the task"
            .to_owned(),
    };
    errors.add(receiver, &what, &help);
}

fn check_parameter(
    borrow: &Borrow,
    parameter: &Parameter,
    ty: &Type,
    generics: &Generics,
    is_local: bool,
    errors: &mut Errors,
) {
    let name = match parameter.name() {
        Some(name) => format!("{name}: "),
        None => String::new(),
    };
    let right = format!("`{name}{}`", to_source(owned::owned(ty, is_local)));
    let help = match (borrow, types::bare(ty)) {
        _ if is_scope(ty) => {
            "use it only in the options, `on = …`, where it stays with the caller; a task that \
             holds a scope keeps it alive"
                .to_owned()
        }
        (Borrow::Reference(reference), _) if is_parameter(&reference.elem, generics) => {
            let target = to_source(&reference.elem);
            format!("take {right}, where `{target}: Send + 'static`")
        }
        (_, Type::Reference(reference)) => match owned::shared(reference, is_local) {
            Some(shared) => {
                format!("take {right}, or share it as `{name}{}`", to_source(shared))
            }
            None => format!("take {right}"),
        },
        _ => format!("take {right}"),
    };
    let what =
        |reference| format!("`{reference}` is borrowed, but the task may outlive the caller");
    add(borrow, what, &help, errors);
}

fn check_output(
    borrow: &Borrow,
    ty: &Type,
    takes_arguments: bool,
    is_local: bool,
    errors: &mut Errors,
) {
    let right = to_source(owned::owned(ty, is_local));
    let mut help = format!("return an owned value: `-> {right}`");
    // As in `-> &str { "ok" }`.
    if !takes_arguments {
        let mut lasting = ty.clone();
        types::make_all_static(&mut lasting);
        help += &format!("; or, of a constant: `-> {}`", to_source(lasting));
    }
    let what = |reference| {
        format!("the task cannot return `{reference}`: what it borrows from may be gone by then")
    };
    add(borrow, what, &help, errors);
}

fn add(borrow: &Borrow, what: impl Fn(String) -> String, help: &str, errors: &mut Errors) {
    match borrow {
        Borrow::Reference(reference) => {
            errors.add(reference.and_token, &what(to_source(reference)), help);
        }
        Borrow::Lifetime(lifetime) => {
            let what = format!("`{lifetime}` may end before the background task does");
            errors.add(lifetime, &what, help);
        }
    }
}

/// `&TaskScope`
fn is_scope(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Reference(reference) => {
            types::last_segment(&reference.elem).is_some_and(|last| last.ident == "TaskScope")
        }
        _ => false,
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
