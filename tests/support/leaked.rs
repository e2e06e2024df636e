use std::{
    any::Any,
    sync::{Mutex, PoisonError},
};

/// A value that is never dropped. AddressSanitizer reports what nothing points to, so a static points to it.
pub fn leaked<T: Send + Sync + 'static>(value: T) -> &'static T {
    static LEAKED: Mutex<Vec<&'static (dyn Any + Send + Sync)>> = Mutex::new(Vec::new());
    let leaked: &'static T = Box::leak(Box::new(value));
    let mut all = LEAKED.lock().unwrap_or_else(PoisonError::into_inner);
    all.push(leaked);
    leaked
}
