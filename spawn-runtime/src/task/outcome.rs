use std::{any::Any, time::Duration};

use tokio::task::{JoinError, JoinHandle};

use super::Departure;
use crate::error::{Cause, HoldsError, Origin, Reason, Route, TaskFailure, discard, panic_message};

/// How the spawned future ends, as tokio stores it.
///
/// All that is rare is behind one box, so that a tiny task still fits tokio's smallest cell
/// (`tests/behaviour/footprint.rs`).
pub enum Outcome<T> {
    Value(T),
    Unfinished(Box<Unfinished<T>>),
}

pub enum Unfinished<T> {
    /// The function returned an `Err`.
    Failed(Failed<T>),
    /// It got its permit, and the function now runs in the blocking pool.
    HandedOver(JoinHandle<Outcome<T>>),
    NoValue(NoValue),
}

/// Apart from [`Unfinished`], so that a program has what belongs to it once, and not for each type.
pub enum NoValue {
    TimedOut(Unreceived),
    /// Its scope was closed.
    Refused(Unreceived),
    /// Cancelled while it waited for its permit, or for its next attempt: so many were made.
    Cancelled(u32),
    /// The task has reported its failure itself, since there is no handle to receive it.
    Reported,
}

impl NoValue {
    /// Returns the reason, and how often the body was started.
    pub(crate) fn receive(self) -> (Reason, u32) {
        match self {
            NoValue::TimedOut(unreceived) | NoValue::Refused(unreceived) => unreceived.receive(),
            NoValue::Cancelled(attempts) => (Reason::Cancelled, attempts),
            // There is no handle, but for one that a user's spawner has kept.
            NoValue::Reported => (Reason::Cancelled, 1),
        }
    }
}

impl<T> From<Unfinished<T>> for Outcome<T> {
    fn from(unfinished: Unfinished<T>) -> Self {
        Outcome::Unfinished(Box::new(unfinished))
    }
}

impl<T> From<NoValue> for Outcome<T> {
    fn from(no_value: NoValue) -> Self {
        Unfinished::NoValue(no_value).into()
    }
}

/// What it takes to report a failure that is not received. Then the task leaves its scope.
pub(crate) struct Notice {
    pub(crate) origin: Origin,
    pub(crate) route: Route,
    pub(crate) departure: Departure,
}

impl Notice {
    fn report(self, cause: Cause, error: Option<Box<dyn HoldsError>>) {
        let Notice {
            origin,
            route,
            departure,
        } = self;
        route.report(TaskFailure::new(origin, cause).with_error(error));
        drop(departure);
    }
}

/// An `Err` that is reported when dropped, unless a handle took it out: tokio drops an output that is not
/// wanted exactly once.
pub struct Failed<T> {
    // None once received.
    value: Option<(T, Notice)>,
    /// Takes an `Err` for its report.
    describe: fn(T) -> Described,
}

/// The text of an `Err`, and the error itself if it can be shared.
pub(crate) type Described = (String, Option<Box<dyn HoldsError>>);

impl<T> Failed<T> {
    pub(crate) fn new(value: T, describe: fn(T) -> Described, notice: Notice) -> Self {
        Failed {
            value: Some((value, notice)),
            describe,
        }
    }

    pub(crate) fn receive(mut self) -> T {
        let (value, _) = self.value.take().expect("only `receive` takes it");
        value
    }
}

impl<T> Drop for Failed<T> {
    fn drop(&mut self) {
        if let Some((value, notice)) = self.value.take() {
            let (text, error) = (self.describe)(value);
            notice.report(Cause::Error(text), error);
        }
    }
}

/// A timeout or a refusal that is reported when dropped, unless a handle received it.
pub struct Unreceived {
    timeout: Option<Duration>,
    // None once received.
    notice: Option<Notice>,
}

impl Unreceived {
    pub(crate) fn timeout(after: Duration, notice: Notice) -> Self {
        Unreceived {
            timeout: Some(after),
            notice: Some(notice),
        }
    }

    pub(crate) fn refusal(notice: Notice) -> Self {
        Unreceived {
            timeout: None,
            notice: Some(notice),
        }
    }

    /// Returns the reason, and how often the body was started.
    pub(crate) fn receive(mut self) -> (Reason, u32) {
        let notice = self.notice.take().expect("only `receive` takes it");
        let reason = match self.timeout {
            Some(after) => Reason::TimedOut(after),
            None => Reason::Refused,
        };
        (reason, notice.origin.attempts)
    }
}

impl Drop for Unreceived {
    fn drop(&mut self) {
        if let Some(notice) = self.notice.take() {
            let cause = match self.timeout {
                Some(after) => Cause::TimedOut(after),
                None => Cause::Refused,
            };
            notice.report(cause, None);
        }
    }
}

/// What the task of a blocking function or of a future gives its handle.
pub trait IntoRefusal {
    /// Returns the refusal that it is, if it is one that a handle may receive.
    fn into_refusal(self) -> Option<Unreceived>;
}

impl<T> IntoRefusal for Outcome<T> {
    fn into_refusal(self) -> Option<Unreceived> {
        match self {
            Outcome::Unfinished(unfinished) => match *unfinished {
                Unfinished::NoValue(NoValue::Refused(unreceived)) => Some(unreceived),
                _ => None,
            },
            Outcome::Value(_) => None,
        }
    }
}

impl Unreceived {
    /// Tells the handle of a task that is dropped before it is polled. Of a future that tokio drops, the handle can
    /// hear no more than the payload of a panic.
    pub(crate) fn resume(self) {
        // With `panic = "abort"` this would end the process.
        if cfg!(panic = "unwind") && !std::thread::panicking() {
            std::panic::resume_unwind(Box::new(self));
        }
    }

    fn of_payload(payload: Box<dyn Any + Send>) -> Result<Unreceived, Box<dyn Any + Send>> {
        payload.downcast().map(|unreceived| *unreceived)
    }
}

/// A panic's payload that is reported when dropped, unless a handle took it out.
///
/// The task catches its panic, wraps the payload in this and resumes unwinding, so that tokio still
/// sees a panic. (Else its hooks, metrics and console would call the task finished.)
pub struct UnreceivedPanic {
    // None once received.
    payload: Option<Box<dyn Any + Send>>,
    // None if it is reported already.
    notice: Option<Notice>,
}

impl UnreceivedPanic {
    pub(crate) fn resume(payload: Box<dyn Any + Send>, notice: Option<Notice>) -> ! {
        std::panic::resume_unwind(Box::new(UnreceivedPanic {
            payload: Some(payload),
            notice,
        }))
    }

    /// Returns the payload that the task panicked with, and how often the body was started.
    fn receive(payload: Box<dyn Any + Send>) -> (Box<dyn Any + Send>, u32) {
        match payload.downcast::<UnreceivedPanic>() {
            Ok(mut unreceived) => {
                let payload = unreceived.payload.take().expect("only `receive` takes it");
                let notice = unreceived.notice.take();
                (payload, notice.map_or(1, |notice| notice.origin.attempts))
            }
            Err(payload) => (payload, 1),
        }
    }
}

impl Drop for UnreceivedPanic {
    fn drop(&mut self) {
        let Some(payload) = self.payload.take() else {
            return;
        };
        if let Some(notice) = self.notice.take() {
            let text = panic_message(payload.as_ref()).map(str::to_owned);
            notice.report(Cause::Panicked(text), None);
        }
        // tokio would catch a panic in its destructor, and drop the payload of that, which may panic too.
        discard(payload);
    }
}

/// Returns why tokio has no output of a task, and how often the body was started.
pub(crate) fn receive_join_error(error: JoinError) -> (Reason, u32) {
    let Ok(payload) = error.try_into_panic() else {
        return (Reason::Cancelled, 1);
    };
    match Unreceived::of_payload(payload) {
        Ok(refusal) => refusal.receive(),
        Err(payload) => {
            let (payload, attempts) = UnreceivedPanic::receive(payload);
            (Reason::panicked(payload), attempts)
        }
    }
}
