use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Drops the payload of a panic that nobody wants, which may itself panic.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    let mut payload = Some(payload);
    // A payload whose destructor panics leaves another one. One that goes on like that is left alone.
    for _ in 0..8 {
        match catch_unwind(AssertUnwindSafe(|| drop(payload.take()))) {
            Ok(()) => return,
            Err(next) => payload = Some(next),
        }
    }
    std::mem::forget(payload);
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
        // For ever.
        discard(Box::new(Chain(usize::MAX)));
    }
}
