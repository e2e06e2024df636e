//! What the `#[state]` parameters of the functions get.
#![allow(missing_docs)] // public only for `__private`

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    sync::Arc,
};

/// What can be the state of a worker. Each job gets a clone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the state of a worker: each job gets a clone of it, on any thread",
    label = "needs `Clone`, `Send`, `Sync` and `'static`",
    note = "take it as `std::sync::Arc<{Self}>`"
)]
pub trait State: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> State for T {}

/// The type of a `#[state]` parameter.
#[derive(Clone, Copy)]
pub struct StateType {
    pub(crate) id: fn() -> TypeId,
    pub(crate) name: fn() -> &'static str,
}

pub const fn state_type<T: 'static>() -> StateType {
    StateType {
        id: TypeId::of::<T>,
        name: type_name::<T>,
    }
}

/// The states by their types.
#[derive(Clone, Default)]
pub(crate) struct States(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl States {
    pub(crate) fn insert<T: State>(&mut self, state: T) {
        self.0.insert(TypeId::of::<T>(), Arc::new(state));
    }

    pub(crate) fn get<T: State>(&self) -> Option<T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref().cloned()
    }

    /// Returns the name of the first type that is not there.
    pub(crate) fn missing(&self, types: &[StateType]) -> Option<&'static str> {
        let missing = types.iter().find(|ty| !self.0.contains_key(&(ty.id)()));
        missing.map(|ty| (ty.name)())
    }
}
