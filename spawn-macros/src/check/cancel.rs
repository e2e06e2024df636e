//! `#[cancel]`: on one parameter, which has a name.

use super::takes_no_arguments;
use crate::context::{FnContext, Returned};
use crate::errors::Errors;
use crate::item::{Kind, types};
use crate::options::Options;
use crate::to_source::to_source;
use syn::{Attribute, Ident, Type};

pub(super) fn check(context: &FnContext, options: &Options, errors: &mut Errors) {
    let mut first: Option<String> = None;
    for parameter in &context.parameters {
        for attribute in &parameter.cancel {
            takes_no_arguments(attribute, errors);
            if let Some(first) = &first {
                let what = format!("`#[cancel]` is here twice: `{first}` has it already");
                let help = "keep one; a clone of the token does for other uses";
                errors.add(attribute.path(), &what, help);
                continue;
            }
            first = Some(to_source(&parameter.argument));
            match &parameter.kind {
                Kind::Receiver(_) => {
                    let help = "put it on a parameter: `#[cancel] token: \
                        spawn_runtime::CancellationToken`";
                    errors.add(attribute.path(), "`self` is no cancellation token", help);
                }
                Kind::Pattern { pattern, .. } => {
                    let help = "name it: `#[cancel] token: spawn_runtime::CancellationToken`";
                    errors.add(pattern, "the token of `#[cancel]` needs a plain name", help);
                    first = Some(to_source(pattern));
                }
                Kind::Name { name, ty, .. } => {
                    check_type(name, types::bare(ty), errors);
                    let is_unreachable = context.returned == Returned::Nothing
                        && !options.has("on")
                        && !context.is_declaration();
                    if is_unreachable {
                        unreachable_token(name, attribute, errors);
                    }
                }
            }
        }
    }
}

fn check_type(name: &Ident, ty: &Type, errors: &mut Errors) {
    match ty {
        Type::Reference(reference) => {
            let what =
                format!("the token `{name}` of `#[cancel]` is made for the task, which owns it");
            let right = to_source(&reference.elem);
            let help = format!("take `#[cancel] {name}: {right}`");
            errors.add(reference.and_token, &what, &help);
        }
        Type::ImplTrait(opaque) => {
            let help = format!("take `#[cancel] {name}: spawn_runtime::CancellationToken`");
            let what = "the parameter of `#[cancel]` is a `CancellationToken`";
            errors.add(opaque, what, &help);
        }
        _ => {}
    }
}

fn unreachable_token(name: &Ident, attribute: &Attribute, errors: &mut Errors) {
    let what = format!("nothing could cancel `{name}`: `detach` returns no handle to do it with");
    let help = "take `detach` off, or spawn the task on a scope that can: `on = scope`";
    errors.add(attribute.path(), &what, help);
}
