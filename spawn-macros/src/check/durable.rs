//! `durable`: a free function whose types the worker knows, and the attributes on its parameters.

use super::takes_no_arguments;
use crate::context::FnContext;
use crate::errors::Errors;
use crate::item::{Kind, Parameter, types};
use crate::names::find;
use crate::options::Options;
use crate::to_source::to_source;
use quote::ToTokens;
use syn::{GenericParam, ReturnType, Safety, Type};

pub(super) fn check(context: &FnContext, options: &Options, errors: &mut Errors) {
    for parameter in &context.parameters {
        check_attributes(parameter, options.has("durable"), errors);
    }
    let Some(key) = options.key("durable") else {
        return;
    };
    if context.is_declaration() {
        let what = "a durable function is a free function, and this is a method of a trait";
        let help = "take `durable` off, and let the impls call a durable function";
        errors.add(key, what, help);
        return;
    }
    check_signature(context, errors);
    for parameter in &context.parameters {
        check_parameter(parameter, errors);
    }
}

fn check_signature(context: &FnContext, errors: &mut Errors) {
    let signature = &context.function.signature;
    for parameter in &signature.generics.params {
        let (name, mend) = match parameter {
            GenericParam::Type(parameter) => (&parameter.ident, "write the type in its place"),
            GenericParam::Const(parameter) => (&parameter.ident, "take it as an argument"),
            // What is borrowed has an error of its own.
            GenericParam::Lifetime(_) => continue,
        };
        let what = format!(
            "a durable function cannot be generic: a worker that gets a job cannot know `{name}`"
        );
        let help = format!("{mend}, or write a function of its own for each");
        errors.add(name, &what, &help);
    }
    if let Safety::Unsafe(keyword) = &signature.safety {
        let what = "a durable function cannot be `unsafe`: a worker calls it, and promises nothing";
        errors.add(keyword, what, "take `unsafe` off");
    }
    if let ReturnType::Type(_, ty) = &signature.output {
        check_type(ty, "return", errors);
    }
    if signature.receiver().is_none() {
        let inputs = signature.inputs.to_token_stream();
        let place =
            find("Self", &inputs).or_else(|| find("Self", &signature.output.to_token_stream()));
        if let Some(place) = place {
            let what = "a durable function is a free function, where there is no `Self`";
            let help = "put it outside of the impl, and write the type's name";
            errors.add(place, what, help);
        }
    }
}

fn check_parameter(parameter: &Parameter, errors: &mut Errors) {
    match &parameter.kind {
        Kind::Receiver(receiver) => {
            let what = "a durable function is a free function: `self` is not there in the worker";
            let help = "put it outside of the impl, take what is recorded as arguments, and what \
                the worker has as `#[state]` parameters";
            errors.add(receiver, what, help);
        }
        Kind::Pattern { pattern, ty } if !parameter.is_hidden() => {
            let what = "an argument of a durable function is recorded under its name";
            let help = format!(
                "name it, and take it apart in the body: `argument: {}`",
                to_source(ty)
            );
            errors.add(pattern, what, &help);
            check_type(ty, "take", errors);
        }
        Kind::Name { ty, .. } | Kind::Pattern { ty, .. } => check_type(ty, "take", errors),
    }
}

fn check_type(ty: &Type, verb: &str, errors: &mut Errors) {
    let mut ty = ty.clone();
    check_part(&mut ty, verb, errors);
}

fn check_part(ty: &mut Type, verb: &str, errors: &mut Errors) {
    if let Type::ImplTrait(opaque) = ty {
        let what = format!(
            "a worker has to know the type: a durable function cannot {verb} `{}`",
            to_source(&*opaque)
        );
        errors.add(opaque.impl_token, &what, "write the type in its place");
        return;
    }
    for part in types::parts(ty).types {
        check_part(part, verb, errors);
    }
}

/// `#[state]` and `#[key]`: each once, without arguments, on parameters that can have them.
fn check_attributes(parameter: &Parameter, is_durable: bool, errors: &mut Errors) {
    for (name, attributes) in [("state", &parameter.state), ("key", &parameter.key)] {
        let Some((attribute, more)) = attributes.split_first() else {
            continue;
        };
        for again in more {
            let what = format!("`#[{name}]` is here twice");
            errors.add(again.path(), &what, "keep one");
        }
        let place = attribute.path();
        if !is_durable {
            let what = format!("`#[{name}]` is for durable functions, and this one is none");
            let help = format!("take `#[{name}]` off, or add `durable = \"…\"` to the options");
            errors.add(place, &what, &help);
        } else if let Kind::Receiver(_) = parameter.kind {
            // That there is a receiver is the error.
        } else if parameter.is_cancel() {
            let what =
                format!("the token of `#[cancel]` is made for the task, so it is no `#[{name}]`");
            errors.add(place, &what, &format!("take `#[{name}]` off"));
        } else if name == "key" && parameter.is_state() {
            let what = "the caller does not have the worker's state, so it can be no key";
            errors.add(place, what, "put `#[key]` on an argument");
        } else {
            takes_no_arguments(attribute, errors);
        }
    }
}
