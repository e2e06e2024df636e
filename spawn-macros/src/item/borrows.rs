//! Finds the borrows in a type: a task may outlive its caller, so it can hold none.
//!
//! What a type hides (`Cow<str>`, an alias) only rustc sees.

use syn::punctuated::Punctuated;
use syn::{
    AngleBracketedGenericArguments, BoundLifetimes, GenericArgument, GenericParam, Generics,
    Lifetime, PathArguments, Receiver, ReceiverKind, ReturnType, Token, Type, TypeParamBound,
    TypeReference, WherePredicate,
};

/// A borrow that is not `'static`.
pub(crate) enum Borrow<'a> {
    Reference(&'a TypeReference),
    Lifetime(&'a Lifetime),
}

/// Looks through types for borrows.
pub(crate) struct Borrows {
    /// The lifetimes that are `'static`, or that a `for<'a>` brings in.
    allowed: Vec<String>,
    /// Whether this is within `fn(…)` or `Fn(…)`, where every call has its own lifetimes.
    in_call: bool,
}

impl Borrows {
    pub(crate) fn new(generics: &Generics) -> Self {
        let mut borrows = Borrows {
            allowed: vec!["static".to_owned()],
            in_call: false,
        };
        let bounds = lifetime_bounds(generics);
        // `'a: 'b, 'b: 'static` makes both of them last.
        for _ in 0..bounds.len() {
            for (lifetime, bound) in &bounds {
                if borrows.is_static(bound) {
                    borrows.allowed.push(lifetime.ident.to_string());
                }
            }
        }
        borrows
    }

    pub(crate) fn is_static(&self, lifetime: &Lifetime) -> bool {
        self.allowed.iter().any(|allowed| lifetime.ident == allowed)
    }

    fn is_allowed(&self, lifetime: &Lifetime) -> bool {
        self.is_static(lifetime) || (lifetime.ident == "_" && self.in_call)
    }

    /// Whether `self` is borrowed.
    pub(crate) fn of_receiver(&self, receiver: &Receiver) -> bool {
        match &receiver.kind {
            ReceiverKind::Reference(_, lifetime, _) => {
                !lifetime.as_ref().is_some_and(|it| self.is_static(it))
            }
            ReceiverKind::Typed(_, ty) => !self.of(ty).is_empty(),
            _ => false,
        }
    }

    pub(crate) fn of<'a>(&self, ty: &'a Type) -> Vec<Borrow<'a>> {
        let mut found = Vec::new();
        self.ty(ty, &mut found);
        found
    }

    fn ty<'a>(&self, ty: &'a Type, found: &mut Vec<Borrow<'a>>) {
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
                // A function that takes a borrow takes one that is `'static` too, and is then of a type
                // without a lifetime. So rustc decides about what a pointer takes.
                let inner = self.within(ty.lifetimes.as_ref(), true);
                inner.output(&ty.output, found);
            }
            _ => {}
        }
    }

    fn reference<'a>(&self, reference: &'a TypeReference, found: &mut Vec<Borrow<'a>>) {
        let is_allowed = match &reference.lifetime {
            Some(lifetime) => self.is_allowed(lifetime),
            None => self.in_call,
        };
        if is_allowed {
            self.ty(&reference.elem, found);
        } else {
            // One error, also if there are borrows behind it: the type that we propose has none of
            // them.
            found.push(Borrow::Reference(reference));
        }
    }

    fn path<'a>(&self, path: &'a syn::Path, found: &mut Vec<Borrow<'a>>) {
        for segment in &path.segments {
            match &segment.arguments {
                PathArguments::None => {}
                PathArguments::AngleBracketed(arguments) => self.arguments(arguments, found),
                PathArguments::Parenthesized(call) => {
                    let inner = self.within(None, true);
                    for input in &call.inputs {
                        inner.ty(&input.ty, found);
                    }
                    inner.output(&call.output, found);
                }
            }
        }
    }

    fn arguments<'a>(
        &self,
        arguments: &'a AngleBracketedGenericArguments,
        found: &mut Vec<Borrow<'a>>,
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
        found: &mut Vec<Borrow<'a>>,
    ) {
        for bound in bounds {
            match bound {
                TypeParamBound::Trait(bound) => {
                    let inner = self.within(bound.lifetimes.as_ref(), self.in_call);
                    inner.path(&bound.path, found);
                }
                TypeParamBound::Lifetime(lifetime) => self.lifetime(lifetime, found),
                _ => {}
            }
        }
    }

    fn lifetime<'a>(&self, lifetime: &'a Lifetime, found: &mut Vec<Borrow<'a>>) {
        if !self.is_allowed(lifetime) {
            found.push(Borrow::Lifetime(lifetime));
        }
    }

    fn output<'a>(&self, output: &'a ReturnType, found: &mut Vec<Borrow<'a>>) {
        if let ReturnType::Type(_, ty) = output {
            self.ty(ty, found);
        }
    }

    /// The same within a type that brings lifetimes of its own.
    fn within(&self, lifetimes: Option<&BoundLifetimes>, in_call: bool) -> Self {
        let mut inner = Borrows {
            allowed: self.allowed.clone(),
            in_call,
        };
        for parameter in lifetimes.iter().flat_map(|lifetimes| &lifetimes.lifetimes) {
            if let GenericParam::Lifetime(parameter) = parameter {
                inner.allowed.push(parameter.lifetime.ident.to_string());
            }
        }
        inner
    }
}

/// Input:
///     `<'a: 'b, 'b> … where 'b: 'static`
///
/// Output:
///     `('a, 'b)` and `('b, 'static)`
fn lifetime_bounds(generics: &Generics) -> Vec<(&Lifetime, &Lifetime)> {
    let mut bounds = Vec::new();
    for parameter in &generics.params {
        if let GenericParam::Lifetime(parameter) = parameter {
            for bound in &parameter.bounds {
                bounds.push((&parameter.lifetime, bound));
            }
        }
    }
    let predicates = generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    for predicate in predicates {
        if let WherePredicate::Lifetime(predicate) = predicate {
            for bound in &predicate.bounds {
                bounds.push((&predicate.lifetime, bound));
            }
        }
    }
    bounds
}
