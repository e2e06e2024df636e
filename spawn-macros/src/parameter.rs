//! A parameter of the user's function.

use crate::{attributes, place, word};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, FnArg, Pat, PatIdent, PatType, Receiver, Token, Type};

pub(crate) struct Parameter {
    /// All of them but `#[cancel]`.
    pub attributes: Vec<Attribute>,
    /// The `#[cancel]`s on it, of which there should be at most one.
    pub cancel: Vec<Attribute>,
    pub kind: Kind,
    /// Where the statements are said to be that bind its variables anew, for the lints that look at
    /// those.
    pub generated: Span,
    /// The name that the parameter has in the background function's signature if it has none of its
    /// own. The user cannot name it, since it is resolved in the macro.
    place: Ident,
}

pub(crate) enum Kind {
    Receiver(Receiver),
    /// `name: Type` or `mut name: Type`
    Name {
        mutability: Option<Token![mut]>,
        name: Ident,
        ty: Type,
    },
    /// `_: Type`
    Ignored {
        pattern: Pat,
        ty: Type,
    },
    /// `(a, b): Type`
    Pattern {
        pattern: Pat,
        ty: Type,
    },
}

impl Parameter {
    pub(crate) fn new(index: usize, parameter: &FnArg, generated: Span) -> Self {
        let (all, kind) = match parameter {
            FnArg::Receiver(receiver) => {
                let plain = Receiver {
                    attrs: Vec::new(),
                    ..receiver.clone()
                };
                (&receiver.attrs, Kind::Receiver(plain))
            }
            FnArg::Typed(parameter) => (&parameter.attrs, kind(parameter)),
        };
        let mut cancel = Vec::new();
        let mut attributes = Vec::new();
        for attribute in all {
            match attribute.path().is_ident("cancel") {
                true => cancel.push(attribute.clone()),
                false => attributes.push(attribute.clone()),
            }
        }
        let place = match &kind {
            Kind::Pattern { pattern, .. } | Kind::Ignored { pattern, .. } => place::of(pattern),
            _ => generated,
        };
        Parameter {
            generated: match parameter {
                FnArg::Receiver(_) => generated,
                FnArg::Typed(parameter) => generated.located_at(parameter.colon_token.span),
            },
            attributes,
            cancel,
            kind,
            place: format_ident!("__arg{index}", span = Span::mixed_site().located_at(place)),
        }
    }

    pub(crate) fn is_cancel(&self) -> bool {
        !self.cancel.is_empty() && !matches!(self.kind, Kind::Receiver(_))
    }

    /// Whether that is the name under which the user knows the argument.
    pub(crate) fn is_called(&self, word: &Ident) -> bool {
        matches!(&self.kind, Kind::Name { name, .. } if name == word)
    }

    /// How the background function's own body names the argument.
    pub(crate) fn argument(&self) -> TokenStream {
        match &self.kind {
            Kind::Receiver(receiver) => receiver.self_token.to_token_stream(),
            Kind::Name { name, .. } => name.to_token_stream(),
            Kind::Ignored { .. } | Kind::Pattern { .. } => self.place.to_token_stream(),
        }
    }

    pub(crate) fn ty(&self) -> Option<&Type> {
        match &self.kind {
            Kind::Receiver(_) => None,
            Kind::Name { ty, .. } | Kind::Ignored { ty, .. } | Kind::Pattern { ty, .. } => Some(ty),
        }
    }

    /// As the user wrote it, only without `#[cancel]`.
    pub(crate) fn as_written(&self) -> TokenStream {
        let attributes = &self.attributes;
        let binding = self.binding();
        quote!(#(#attributes)* #binding)
    }

    /// The same without any attribute.
    pub(crate) fn binding(&self) -> TokenStream {
        match &self.kind {
            Kind::Receiver(receiver) => receiver.to_token_stream(),
            Kind::Name {
                mutability,
                name,
                ty,
            } => quote!(#mutability #name: #ty),
            Kind::Ignored { pattern, ty } | Kind::Pattern { pattern, ty } => quote!(#pattern: #ty),
        }
    }

    /// The attributes for a statement that stands for the parameter only where the parameter is
    /// there.
    pub(crate) fn cfgs(&self) -> Vec<&Attribute> {
        let mut cfgs = Vec::new();
        for attribute in &self.attributes {
            if attributes::is_cfg(attribute) {
                cfgs.push(attribute);
            }
        }
        cfgs
    }

    /// The attributes for a `let` that binds the parameter's variables: rustc copies them there,
    /// too.
    pub(crate) fn cfgs_and_lints(&self) -> Vec<&Attribute> {
        copied(&self.attributes)
    }
}

/// Those of a parameter's attributes which also concern the variables that it binds.
pub(crate) fn copied(attributes: &[Attribute]) -> Vec<&Attribute> {
    let mut copied = Vec::new();
    for attribute in attributes {
        if attributes::is_cfg(attribute) || attributes::is_lint_level(attribute) {
            copied.push(attribute);
        }
    }
    copied
}

fn kind(parameter: &PatType) -> Kind {
    let ty = (*parameter.ty).clone();
    match &*parameter.pat {
        Pat::Ident(PatIdent {
            by_ref: None,
            subpat: None,
            mutability,
            ident,
            attrs,
        }) if attrs.is_empty() && is_variable(ident) => Kind::Name {
            mutability: *mutability,
            name: ident.clone(),
            ty,
        },
        wild @ Pat::Wild(_) => Kind::Ignored {
            pattern: wild.clone(),
            ty,
        },
        pattern => Kind::Pattern {
            pattern: pattern.clone(),
            ty,
        },
    }
}

/// A capital letter may be the name of a constant or a unit struct, which is a pattern that binds
/// nothing.
fn is_variable(name: &Ident) -> bool {
    !word::begins_with_capital(&name.to_string())
}
