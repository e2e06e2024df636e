//! Finds the borrows in a type.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, GenericParam, Generics, Lifetime,
    ParenthesizedGenericArguments, PathArguments, ReturnType, Token, Type, TypeParamBound,
    TypeReference, WherePredicate,
};

/// A borrow that is not `'static`.
pub(in crate::check) enum Found<'a> {
    Reference(&'a TypeReference),
    Lifetime(&'a Lifetime),
}

impl Found<'_> {
    /// The token to point at.
    pub(in crate::check) fn place(&self) -> TokenStream {
        match self {
            Found::Reference(reference) => reference.and_token.to_token_stream(),
            Found::Lifetime(lifetime) => lifetime.to_token_stream(),
        }
    }
}

/// Looks through a type for borrows.
#[derive(Clone)]
pub(in crate::check) struct Search {
    /// The lifetimes that last for ever, or that a `for<'a>` brings in.
    allowed: Vec<String>,
    /// Whether a lifetime may be left out: in `fn(&str)` and `Fn(&str)` every call has its own.
    may_be_elided: bool,
}

impl Search {
    pub(in crate::check) fn new(generics: &Generics) -> Self {
        let mut search = Search {
            allowed: vec!["static".to_owned()],
            may_be_elided: false,
        };
        let mut bounds = Vec::new();
        for parameter in &generics.params {
            if let GenericParam::Lifetime(parameter) = parameter {
                for bound in &parameter.bounds {
                    bounds.push((&parameter.lifetime, bound));
                }
            }
        }
        if let Some(clause) = &generics.where_clause {
            for predicate in &clause.predicates {
                if let WherePredicate::Lifetime(predicate) = predicate {
                    for bound in &predicate.bounds {
                        bounds.push((&predicate.lifetime, bound));
                    }
                }
            }
        }
        // `'a: 'b, 'b: 'static` makes both of them last.
        for _ in 0..bounds.len() {
            for (lifetime, bound) in &bounds {
                if search.is_static(bound) {
                    search.allow(lifetime);
                }
            }
        }
        search
    }

    pub(in crate::check) fn is_static(&self, lifetime: &Lifetime) -> bool {
        self.allowed.iter().any(|allowed| lifetime.ident == allowed)
    }

    fn allow(&mut self, lifetime: &Lifetime) {
        self.allowed.push(lifetime.ident.to_string());
    }

    fn is_allowed(&self, lifetime: &Lifetime) -> bool {
        self.is_static(lifetime) || (lifetime.ident == "_" && self.may_be_elided)
    }

    pub(in crate::check) fn of<'a>(&self, ty: &'a Type) -> Vec<Found<'a>> {
        let mut found = Vec::new();
        self.ty(ty, &mut found);
        found
    }

    fn ty<'a>(&self, ty: &'a Type, found: &mut Vec<Found<'a>>) {
        match ty {
            Type::Array(ty) => self.ty(&ty.elem, found),
            Type::Group(ty) => self.ty(&ty.elem, found),
            Type::Paren(ty) => self.ty(&ty.elem, found),
            Type::Ptr(ty) => self.ty(&ty.elem, found),
            Type::Slice(ty) => self.ty(&ty.elem, found),
            Type::Tuple(ty) => {
                for part in &ty.elems {
                    self.ty(part, found);
                }
            }
            Type::ImplTrait(ty) => self.bounds(&ty.bounds, found),
            Type::TraitObject(ty) => self.bounds(&ty.bounds, found),
            Type::Path(ty) => {
                if let Some(qself) = &ty.qself {
                    self.ty(&qself.ty, found);
                }
                self.path(&ty.path, found);
            }
            Type::Reference(reference) => self.reference(reference, found),
            Type::FnPtr(ty) => {
                let search = self.within_call(ty.lifetimes.as_ref());
                for input in &ty.inputs {
                    search.ty(&input.ty, found);
                }
                search.output(&ty.output, found);
            }
            _ => {}
        }
    }

    fn reference<'a>(&self, reference: &'a TypeReference, found: &mut Vec<Found<'a>>) {
        let is_allowed = match &reference.lifetime {
            Some(lifetime) => self.is_allowed(lifetime),
            None => self.may_be_elided,
        };
        if is_allowed {
            self.ty(&reference.elem, found);
        } else {
            // One error, also if there are borrows behind it: the type that we propose has none of
            // them.
            found.push(Found::Reference(reference));
        }
    }

    fn path<'a>(&self, path: &'a syn::Path, found: &mut Vec<Found<'a>>) {
        for segment in &path.segments {
            match &segment.arguments {
                PathArguments::None => {}
                PathArguments::AngleBracketed(arguments) => self.arguments(arguments, found),
                PathArguments::Parenthesized(ParenthesizedGenericArguments {
                    inputs,
                    output,
                    ..
                }) => {
                    let search = self.within_call(None);
                    for input in inputs {
                        search.ty(&input.ty, found);
                    }
                    search.output(output, found);
                }
            }
        }
    }

    fn arguments<'a>(
        &self,
        arguments: &'a AngleBracketedGenericArguments,
        found: &mut Vec<Found<'a>>,
    ) {
        for argument in &arguments.args {
            match argument {
                GenericArgument::Lifetime(lifetime) => self.lifetime(lifetime, found),
                GenericArgument::Type(ty) => self.ty(ty, found),
                GenericArgument::AssocType(binding) => self.ty(&binding.ty, found),
                GenericArgument::Constraint(constraint) => self.bounds(&constraint.bounds, found),
                _ => {}
            }
        }
    }

    fn bounds<'a>(
        &self,
        bounds: &'a Punctuated<TypeParamBound, Token![+]>,
        found: &mut Vec<Found<'a>>,
    ) {
        for bound in bounds {
            match bound {
                TypeParamBound::Trait(bound) => {
                    let mut search = self.clone();
                    search.bring_in(bound.lifetimes.as_ref());
                    search.path(&bound.path, found);
                }
                TypeParamBound::Lifetime(lifetime) => self.lifetime(lifetime, found),
                _ => {}
            }
        }
    }

    fn lifetime<'a>(&self, lifetime: &'a Lifetime, found: &mut Vec<Found<'a>>) {
        if !self.is_allowed(lifetime) {
            found.push(Found::Lifetime(lifetime));
        }
    }

    fn output<'a>(&self, output: &'a ReturnType, found: &mut Vec<Found<'a>>) {
        if let ReturnType::Type(_, ty) = output {
            self.ty(ty, found);
        }
    }

    fn within_call(&self, lifetimes: Option<&syn::BoundLifetimes>) -> Self {
        let mut search = self.clone();
        search.may_be_elided = true;
        search.bring_in(lifetimes);
        search
    }

    fn bring_in(&mut self, lifetimes: Option<&syn::BoundLifetimes>) {
        let Some(lifetimes) = lifetimes else { return };
        for parameter in &lifetimes.lifetimes {
            if let GenericParam::Lifetime(parameter) = parameter {
                self.allow(&parameter.lifetime);
            }
        }
    }
}
