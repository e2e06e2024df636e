//! A parameter of the user's function.

use super::{Borrows, first_span, types};
use crate::options::Options;
use crate::{attributes, names};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, FnArg, Pat, PatIdent, PatType, Receiver, Token, Type};

pub(crate) struct Parameter {
    /// All of them but those of ours.
    pub attributes: Vec<Attribute>,
    /// The `#[cancel]`s on it, of which there should be at most one.
    pub cancel: Vec<Attribute>,
    /// The `#[state]`s, and the `#[key]`s, of a durable function.
    pub state: Vec<Attribute>,
    pub key: Vec<Attribute>,
    /// Whether the function is durable: in another a `#[state]` is a mistake, and callers give the argument.
    pub is_durable: bool,
    pub kind: Kind,
    /// Where the statements are said to be that bind its variables anew, for the lints that look at
    /// those.
    pub generated: Span,
    /// Whether it is borrowed, and only options name it: it does not go into the task.
    pub stays_with_caller: bool,
    /// How the background function's own body names the argument.
    pub argument: Ident,
    /// A name for the argument that the user cannot use, since it is resolved in the macro. A pattern has it in the
    /// background function's signature.
    pub substitute: Ident,
    /// Where rustc reports what is wrong with the argument.
    pub place: Span,
}

pub(crate) enum Kind {
    Receiver(Receiver),
    /// `name: Type` or `mut name: Type`
    Name {
        mutability: Option<Token![mut]>,
        name: Ident,
        ty: Type,
    },
    /// `(a, b): Type` or `_: Type`
    Pattern {
        pattern: Pat,
        ty: Type,
    },
}

impl Parameter {
    pub(crate) fn new(index: usize, parameter: &FnArg, options: &Options, generated: Span) -> Self {
        // A variable of that name would hide the plain function.
        let direct = options.direct.as_ref().and_then(|it| it.path.get_ident());
        let (all, kind) = match parameter {
            FnArg::Receiver(receiver) => {
                let plain = Receiver {
                    attrs: Vec::new(),
                    ..receiver.clone()
                };
                (&receiver.attrs, Kind::Receiver(plain))
            }
            FnArg::Typed(parameter) => (&parameter.attrs, kind(parameter, direct)),
        };
        let (mut cancel, mut state, mut key) = (Vec::new(), Vec::new(), Vec::new());
        let mut attributes = Vec::new();
        for attribute in all {
            let name = attribute.path().get_ident().map(Ident::to_string);
            let list = match name.as_deref() {
                Some("cancel") => &mut cancel,
                Some("state") => &mut state,
                Some("key") => &mut key,
                _ => &mut attributes,
            };
            list.push(attribute.clone());
        }
        let hygienic = Span::mixed_site();
        let substitute =
            |location| format_ident!("__arg{index}", span = hygienic.located_at(location));
        let (argument, place, substitute) = match &kind {
            Kind::Receiver(receiver) => {
                let place = receiver.self_token.span;
                (Ident::new("self", place), place, substitute(generated))
            }
            Kind::Name { name, .. } => (name.clone(), name.span(), substitute(generated)),
            Kind::Pattern { pattern, .. } => {
                let place = first_span(pattern);
                (substitute(place), place, substitute(place))
            }
        };
        Parameter {
            generated: match parameter {
                FnArg::Receiver(_) => generated,
                FnArg::Typed(parameter) => generated.located_at(parameter.colon_token.span),
            },
            attributes,
            cancel,
            state,
            key,
            is_durable: options.has("durable"),
            kind,
            stays_with_caller: false,
            argument,
            substitute,
            place,
        }
    }

    pub(crate) fn is_cancel(&self) -> bool {
        !self.cancel.is_empty() && !matches!(self.kind, Kind::Receiver(_))
    }

    /// Whether the worker gives it to a durable function.
    pub(crate) fn is_state(&self) -> bool {
        self.is_durable && !self.state.is_empty() && !matches!(self.kind, Kind::Receiver(_))
    }

    /// Whether the callers do not see it.
    pub(crate) fn is_hidden(&self) -> bool {
        self.is_cancel() || self.is_state()
    }

    /// The name under which the user knows the argument.
    pub(crate) fn name(&self) -> Option<String> {
        match &self.kind {
            Kind::Receiver(_) | Kind::Name { .. } => Some(self.argument.to_string()),
            Kind::Pattern { .. } => None,
        }
    }

    /// Whether its type, as it is written, is borrowed for less than `'static`.
    pub(crate) fn is_borrowed(&self, borrows: &Borrows) -> bool {
        match &self.kind {
            Kind::Receiver(receiver) => borrows.of_receiver(receiver),
            Kind::Name { ty, .. } | Kind::Pattern { ty, .. } => !borrows.of(ty).is_empty(),
        }
    }

    pub(crate) fn ty(&self) -> Option<&Type> {
        match &self.kind {
            Kind::Receiver(_) => None,
            Kind::Name { ty, .. } | Kind::Pattern { ty, .. } => Some(ty),
        }
    }

    /// As the user wrote it, only without the attributes of ours.
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
            Kind::Pattern { pattern, ty } => quote!(#pattern: #ty),
        }
    }

    /// The attributes for a statement that stands for the parameter only where the parameter is
    /// there.
    pub(crate) fn cfgs(&self) -> Vec<&Attribute> {
        let attributes = self.attributes.iter();
        attributes.filter(|it| attributes::is_cfg(it)).collect()
    }

    /// The attributes for a `let` that binds the parameter's variables: rustc copies them there,
    /// too.
    pub(crate) fn cfgs_and_lints(&self) -> Vec<&Attribute> {
        let is_copied = |it: &&Attribute| attributes::is_cfg(it) || attributes::is_lint_level(it);
        self.attributes.iter().filter(is_copied).collect()
    }
}

fn kind(parameter: &PatType, direct: Option<&Ident>) -> Kind {
    let ty = (*parameter.ty).clone();
    match &*parameter.pat {
        Pat::Ident(PatIdent {
            by_ref: None,
            subpat: None,
            mutability,
            ident,
            attrs,
        }) if attrs.is_empty() && direct != Some(ident) && is_variable(ident, &ty) => Kind::Name {
            mutability: *mutability,
            name: ident.clone(),
            ty,
        },
        pattern => Kind::Pattern {
            pattern: pattern.clone(),
            ty,
        },
    }
}

/// Whether a name surely is bound, so that it can stay in the signature as it is. A constant or a unit
/// struct of that name would be a pattern that binds nothing. Such a parameter is taken apart like any
/// other pattern, which is right for a variable too.
fn is_variable(name: &Ident, ty: &Type) -> bool {
    let is_name_of_type = types::last_segment(ty).is_some_and(|last| last.ident == *name);
    !names::begins_with_capital(name) && !is_name_of_type
}
