use std::{
    any::Any,
    sync::{Mutex, PoisonError},
};

use crate::failure::{discard, panic_message};

/// What a task panicked with, made `Sync` by a lock, and harmless to drop.
pub(super) struct PanicPayload {
    // A copy, since nothing can be borrowed from behind the lock.
    message: Option<Box<str>>,
    // None once taken.
    payload: Mutex<Option<Box<dyn Any + Send>>>,
}

impl PanicPayload {
    pub(super) fn new(payload: Box<dyn Any + Send>) -> Self {
        PanicPayload {
            message: panic_message(payload.as_ref()).map(Box::from),
            payload: Mutex::new(Some(payload)),
        }
    }

    pub(super) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    pub(super) fn into_payload(mut self) -> Box<dyn Any + Send> {
        self.take().expect("only `into_payload` takes it")
    }

    fn take(&mut self) -> Option<Box<dyn Any + Send>> {
        self.payload
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl Drop for PanicPayload {
    // A payload whose own destructor panics would take down whoever drops the error: a loop that
    // supervises tasks, say.
    fn drop(&mut self) {
        if let Some(payload) = self.take() {
            discard(payload);
        }
    }
}
