use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use tokio::task::JoinHandle;

use super::Origin;
use crate::{
    failure::{self, Cause, discard, panic_message},
    scope::Ending,
};

/// How the spawned future ends, as tokio stores it.
///
/// All that is rare sits behind one box, so that a tiny task still fits tokio's smallest cell
/// (`tests/footprint.rs`).
pub enum Outcome<T> {
    Value(T),
    Exception(Box<Exception<T>>),
}

impl<T> Outcome<T> {
    pub(crate) fn ending(&self) -> Ending {
        match self {
            Outcome::Value(_) => Ending::Finished,
            Outcome::Exception(exception) => match **exception {
                Exception::Failed(_) => Ending::Failed,
                Exception::TimedOut(_) => Ending::TimedOut,
                // What was handed over is counted where it went.
                Exception::Cancelled | Exception::HandedOver(_) => Ending::Cancelled,
            },
        }
    }
}

pub enum Exception<T> {
    /// The function returned an `Err`.
    Failed(Failed<T>),
    TimedOut(TimedOut),
    /// Cancelled while it waited for its turn.
    Cancelled,
    /// Its turn came, and the function now runs in the blocking pool.
    HandedOver(JoinHandle<Outcome<T>>),
}

/// An `Err` that is reported when dropped, unless a handle took it out: tokio drops an output that
/// nobody wants exactly once.
pub struct Failed<T> {
    value: Option<T>,
    describe: fn(&T) -> String,
    origin: Origin,
}

impl<T> Failed<T> {
    pub(crate) fn new(value: T, describe: fn(&T) -> String, origin: Origin) -> Self {
        Failed {
            value: Some(value),
            describe,
            origin,
        }
    }

    pub(crate) fn receive(mut self) -> T {
        self.value.take().expect("only `receive` takes it")
    }
}

impl<T> Drop for Failed<T> {
    fn drop(&mut self) {
        let Some(value) = &self.value else { return };
        // A `Display` that panics must not hide that there was an error.
        let text =
            catch_unwind(AssertUnwindSafe(|| (self.describe)(value))).unwrap_or_else(|payload| {
                discard(payload);
                "an error whose formatting panicked".to_owned()
            });
        failure::report(self.origin, Cause::Error(text));
    }
}

/// A timeout that is reported when dropped, unless a handle received it.
pub struct TimedOut {
    after: Duration,
    received: bool,
    origin: Origin,
}

impl TimedOut {
    pub(crate) fn new(after: Duration, origin: Origin) -> Self {
        TimedOut {
            after,
            received: false,
            origin,
        }
    }

    pub(crate) fn receive(mut self) -> Duration {
        self.received = true;
        self.after
    }
}

impl Drop for TimedOut {
    fn drop(&mut self) {
        if !self.received {
            failure::report(self.origin, Cause::TimedOut(self.after));
        }
    }
}

/// A panic's payload that is reported when dropped, unless a handle took it out.
///
/// The task catches its panic, wraps the payload in this and resumes unwinding, so that tokio still
/// sees a panic (its hooks, metrics and console would otherwise call the task finished).
pub struct UnreceivedPanic {
    payload: Option<Box<dyn Any + Send>>,
    origin: Origin,
}

impl UnreceivedPanic {
    pub(crate) fn resume(payload: Box<dyn Any + Send>, origin: Origin) -> ! {
        std::panic::resume_unwind(Box::new(UnreceivedPanic {
            payload: Some(payload),
            origin,
        }))
    }

    /// The payload that the task panicked with.
    pub(crate) fn receive(payload: Box<dyn Any + Send>) -> Box<dyn Any + Send> {
        match payload.downcast::<UnreceivedPanic>() {
            Ok(mut unreceived) => unreceived.payload.take().expect("only `receive` takes it"),
            Err(payload) => payload,
        }
    }
}

impl Drop for UnreceivedPanic {
    fn drop(&mut self) {
        if let Some(payload) = &self.payload {
            let text = panic_message(payload.as_ref()).map(str::to_owned);
            failure::report(self.origin, Cause::Panic(text));
        }
    }
}
