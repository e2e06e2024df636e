//! `#[cancel]`: on one parameter, which has a name.

use crate::checked::{Outline, Returned};
use crate::options::Options;
use crate::parameter::Kind;
use crate::problems::Problems;
use crate::spell::spell;
use syn::{Attribute, Meta};

pub(super) fn check(outline: &Outline, options: &Options, problems: &mut Problems) {
    let mut first: Option<String> = None;
    for parameter in &outline.parameters {
        for attribute in &parameter.cancel {
            check_arguments(attribute, problems);
            if let Some(first) = &first {
                let what = format!("`#[cancel]` is here twice: `{first}` has it already");
                let help = "keep one; a clone of the token does for other uses";
                problems.add(attribute.path(), &what, help);
                continue;
            }
            first = Some(spell(parameter.argument()));
            match &parameter.kind {
                Kind::Receiver(_) => {
                    let help = "put it on a parameter: `#[cancel] token: \
                        spawn_runtime::CancellationToken`";
                    problems.add(attribute.path(), "`self` is no cancellation token", help);
                }
                Kind::Ignored { pattern, .. } | Kind::Pattern { pattern, .. } => {
                    let help = "name it: `#[cancel] token: spawn_runtime::CancellationToken`";
                    problems.add(pattern, "the token of `#[cancel]` needs a plain name", help);
                    first = Some(spell(pattern));
                }
                Kind::Name { name, .. } => {
                    let is_unreachable = outline.returned == Returned::Nothing
                        && !options.has("on")
                        && !outline.is_declaration();
                    if is_unreachable {
                        let what = format!(
                            "nobody could cancel `{name}`: `detach` returns no handle to do it with"
                        );
                        let help = "take `detach` off, or spawn the task on a scope that can: `on \
                            = scope`";
                        problems.add(attribute.path(), &what, help);
                    }
                }
            }
        }
    }
}

fn check_arguments(attribute: &Attribute, problems: &mut Problems) {
    let arguments = match &attribute.meta {
        Meta::Path(_) => return,
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(pair) => quote::ToTokens::to_token_stream(&pair.value),
    };
    let place = match arguments.is_empty() {
        true => quote::ToTokens::to_token_stream(attribute.path()),
        false => arguments,
    };
    problems.add(
        place,
        "`#[cancel]` takes no arguments",
        "write only `#[cancel]`",
    );
}
