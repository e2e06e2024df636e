//! `()`, `u64`, `Result<Vec<Report>, io::Error>`: a type in which nothing can be borrowed and whose
//! name is all that there is to know.

use super::reader::{Reader, is_keyword};
use crate::{return_type, types};
use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};

pub(super) struct SimpleType {
    pub tokens: Vec<TokenTree>,
    name: Name,
}

/// What a type is called, without its generic arguments.
enum Name {
    Unit,
    /// `u64`, `Vec<…>`
    Single {
        name: String,
        has_arguments: bool,
    },
    /// The last name in `io::Error`.
    InPath(String),
}

impl SimpleType {
    pub(super) fn read(input: &mut Reader) -> Option<Self> {
        let mut reading = Reading {
            input,
            tokens: Vec::with_capacity(16),
            complexity: 0,
        };
        let name = reading.one(2)?;
        Some(SimpleType {
            tokens: reading.tokens,
            name,
        })
    }

    /// Where none is written.
    pub(super) fn unit(place: Span) -> Self {
        let mut unit = Group::new(Delimiter::Parenthesis, TokenStream::new());
        unit.set_span(place);
        SimpleType {
            tokens: vec![unit.into()],
            name: Name::Unit,
        }
    }

    /// See `capture`: nothing to drop, and free to go to any thread.
    pub(super) fn is_plain_data(&self) -> bool {
        match &self.name {
            Name::Unit => true,
            Name::Single {
                name,
                has_arguments: false,
            } => types::is_primitive(name),
            _ => false,
        }
    }

    pub(super) fn is_no_result(&self) -> bool {
        match &self.name {
            Name::Unit => true,
            Name::Single { name, .. } => return_type::is_name_of_no_result(name),
            Name::InPath(_) => false,
        }
    }

    pub(super) fn is_no_future(&self) -> bool {
        match &self.name {
            Name::Unit => true,
            Name::Single { name, .. } | Name::InPath(name) => {
                return_type::is_name_of_no_future(name)
            }
        }
    }
}

struct Reading<'a> {
    input: &'a mut Reader,
    tokens: Vec<TokenTree>,
    /// As `types::complexity` counts it.
    complexity: u32,
}

impl Reading<'_> {
    /// Reads a type that stands `depth` deep in another.
    fn one(&mut self, depth: u32) -> Option<Name> {
        self.complexity += 10 * depth;
        // A handle of it would be complex, see `Output::is_simple`.
        if self.complexity >= return_type::COMPLEX {
            return None;
        }
        if self.input.is_at(Delimiter::Parenthesis) {
            let unit = self.input.group(Delimiter::Parenthesis)?;
            let is_empty = unit.stream().is_empty();
            self.tokens.push(unit.into());
            return is_empty.then_some(Name::Unit);
        }
        let mut is_in_path = false;
        loop {
            let (word, name) = self.input.word()?;
            let may_stand_in_path = matches!(name.as_str(), "Self" | "crate" | "self" | "super");
            // With an `Rc` there is more to check.
            if name == "Rc" || (is_keyword(&name) && !may_stand_in_path) {
                return None;
            }
            self.tokens.push(word);
            if self.input.is_at_sign(':') {
                self.tokens.push(self.input.sign(':', Spacing::Joint)?);
                self.tokens.push(self.input.sign(':', Spacing::Alone)?);
                is_in_path = true;
                continue;
            }
            let has_arguments = self.input.is_at_sign('<');
            if has_arguments {
                self.arguments(depth + 1)?;
            }
            return Some(match is_in_path {
                true => Name::InPath(name),
                false => Name::Single {
                    name,
                    has_arguments,
                },
            });
        }
    }

    /// `<A, B>`
    fn arguments(&mut self, depth: u32) -> Option<()> {
        self.tokens.push(self.input.token()?);
        loop {
            self.one(depth)?;
            let is_last = self.input.is_at_sign('>');
            if !is_last && !self.input.is_at_sign(',') {
                return None;
            }
            self.tokens.push(self.input.token()?);
            if is_last {
                return Some(());
            }
        }
    }
}
