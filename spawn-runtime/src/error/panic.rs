//! Panics of user code: their text, and how they are kept from doing harm.

use std::{
    any::Any,
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Calls what may panic in user code, and drops the panic. The panic hook has printed it by then.
pub(crate) fn catch_panic(act: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(act)) {
        discard(payload);
    }
}

/// Drops the payload of a panic, which may itself panic.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    let mut payload = Some(payload);
    // A payload whose destructor panics leaves another one. One that goes on like that is leaked.
    for _ in 0..8 {
        match catch_unwind(AssertUnwindSafe(|| drop(payload.take()))) {
            Ok(()) => return,
            Err(next) => payload = Some(next),
        }
    }
    std::mem::forget(payload);
}

/// Returns the text of a panic's payload, where it is one.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> Option<&str> {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        Some(text)
    } else if let Some(text) = payload.downcast_ref::<String>() {
        Some(text)
    } else if let Some(text) = payload.downcast_ref::<Box<str>>() {
        Some(text)
    } else if let Some(text) = payload.downcast_ref::<Cow<'static, str>>() {
        Some(text)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::discard;

    #[test]
    fn a_payload_is_dropped_and_what_its_destructor_panics_with_too() {
        static DROPS: AtomicUsize = AtomicUsize::new(0);
        struct Chain(usize);
        impl Drop for Chain {
            fn drop(&mut self) {
                DROPS.fetch_add(1, SeqCst);
                if self.0 > 0 {
                    std::panic::panic_any(Chain(self.0 - 1));
                }
            }
        }
        discard(Box::new(Chain(2)));
        assert_eq!(DROPS.load(SeqCst), 3);
        // One that never ends.
        discard(Box::new(Chain(usize::MAX)));
    }
}
