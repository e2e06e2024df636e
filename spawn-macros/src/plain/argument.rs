//! `name: Type`, `self` and `self: Type`.

use super::reader::{Reader, is_keyword};
use super::simple_type::SimpleType;
use crate::word::begins_with_capital;
use proc_macro2::{Spacing, Span, TokenStream, TokenTree};

pub(super) struct Argument {
    pub token: TokenTree,
    pub name: String,
    /// The `:`, unless it is a `self`.
    pub colon: Option<Span>,
    /// Whether nobody can tell if it is in the task, see `capture`.
    pub may_be_left_out: bool,
}

/// All that is between the parentheses.
pub(super) fn arguments(tokens: TokenStream) -> Option<Vec<Argument>> {
    let mut input = Reader::new(tokens);
    let mut arguments = Vec::with_capacity(8);
    while !input.is_at_end() {
        arguments.push(argument(&mut input, arguments.is_empty())?);
        if !input.is_at_end() {
            input.sign(',', Spacing::Alone)?;
        }
    }
    Some(arguments)
}

fn argument(input: &mut Reader, is_first: bool) -> Option<Argument> {
    let (token, name) = input.word()?;
    let is_self = is_first && name == "self";
    // A lint looks at names with a `_`, and a capital letter may be the name of a constant.
    if !is_self && (name.starts_with('_') || begins_with_capital(&name) || is_keyword(&name)) {
        return None;
    }
    let mut argument = Argument {
        token,
        name,
        colon: None,
        may_be_left_out: false,
    };
    if is_self && !input.is_at_sign(':') {
        return Some(argument);
    }
    let colon = input.sign(':', Spacing::Alone)?.span();
    let ty = SimpleType::read(input)?;
    if !is_self {
        argument.colon = Some(colon);
        argument.may_be_left_out = ty.is_plain_data();
    }
    Some(argument)
}
