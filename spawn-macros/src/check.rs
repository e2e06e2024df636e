//! Every rule about what can be a background function. Each looks at the function, whatever the others
//! found.

mod borrowed;
mod cancel;
mod combinations;
mod durable;
mod expressions;
mod header;
mod other_attributes;
mod owned;

use crate::attributes;
use crate::context::FnContext;
use crate::errors::Errors;
use crate::options::Options;
use crate::plan::Plan;
use quote::ToTokens;
use syn::{Attribute, Meta};

pub(crate) use other_attributes::{Obstacle, obstacle};

/// What `expand` needs, or `None` and the reasons among the errors.
pub(crate) fn check(
    context: &mut FnContext,
    options: Options,
    errors: &mut Errors,
) -> Option<Plan> {
    header::check(context, &options, errors);
    combinations::check(&options, context.is_declaration(), errors);
    borrowed::check(context, options.has("local"), errors);
    cancel::check(context, &options, errors);
    durable::check(context, &options, errors);
    expressions::check(context, &options, errors);
    errors.is_empty().then(|| Plan::new(context, options))
}

/// `#[cancel]`, `#[state]` and `#[key]` stand alone.
fn takes_no_arguments(attribute: &Attribute, errors: &mut Errors) {
    let place = match &attribute.meta {
        Meta::Path(_) => return,
        Meta::List(list) if list.tokens.is_empty() => list.path.to_token_stream(),
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(pair) => pair.value.to_token_stream(),
    };
    let name = attributes::name(attribute);
    let what = format!("`#[{name}]` takes no arguments");
    errors.add(place, &what, &format!("write only `#[{name}]`"));
}
