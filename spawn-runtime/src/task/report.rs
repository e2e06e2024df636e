use std::{
    any::Any,
    fmt::{Debug, Display},
};

use super::{Exception, Origin, Outcome, outcome::Failed};

/// How to tell of a value that nobody received: an `Err` has something to tell, all else does not.
pub trait Report<T>: Copy + Send + Sync + 'static {
    /// Makes the task's outcome of what its function returned.
    fn outcome(self, value: T, origin: impl FnOnce() -> Origin) -> Outcome<T>;
}

fn of_result<T, E>(
    value: Result<T, E>,
    describe: fn(&Result<T, E>) -> String,
    origin: impl FnOnce() -> Origin,
) -> Outcome<Result<T, E>> {
    match value {
        Ok(value) => Outcome::Value(Ok(value)),
        error @ Err(_) => Outcome::Exception(Box::new(Exception::Failed(Failed::new(
            error,
            describe,
            origin(),
        )))),
    }
}

/// Panics only: the return type is no `Result`.
#[derive(Clone, Copy)]
pub struct NoReport;

impl<T> Report<T> for NoReport {
    fn outcome(self, value: T, _: impl FnOnce() -> Origin) -> Outcome<T> {
        Outcome::Value(value)
    }
}

/// An `Err` by its `Display`.
#[derive(Clone, Copy)]
pub struct ReportDisplay;

impl<T, E: Display> Report<Result<T, E>> for ReportDisplay {
    fn outcome(
        self,
        value: Result<T, E>,
        origin: impl FnOnce() -> Origin,
    ) -> Outcome<Result<T, E>> {
        of_result(value, |value| text(value, E::to_string), origin)
    }
}

/// An `Err` by its `Debug`.
#[derive(Clone, Copy)]
pub struct ReportDebug;

impl<T, E: Debug> Report<Result<T, E>> for ReportDebug {
    fn outcome(
        self,
        value: Result<T, E>,
        origin: impl FnOnce() -> Origin,
    ) -> Outcome<Result<T, E>> {
        of_result(
            value,
            |value| text(value, |error| format!("{error:?}")),
            origin,
        )
    }
}

/// An `Err` by its `Debug`, without the quotes where it is a string: `spawn_result` knows of its
/// error type no more than that it is `Debug`.
#[derive(Clone, Copy)]
pub struct ReportDebugOrString;

impl<T, E: Debug + 'static> Report<Result<T, E>> for ReportDebugOrString {
    fn outcome(
        self,
        value: Result<T, E>,
        origin: impl FnOnce() -> Origin,
    ) -> Outcome<Result<T, E>> {
        of_result(value, |value| text(value, debug_or_string), origin)
    }
}

/// An `Err` by the name of its type.
#[derive(Clone, Copy)]
pub struct ReportTypeName;

impl<T, E> Report<Result<T, E>> for ReportTypeName {
    fn outcome(
        self,
        value: Result<T, E>,
        origin: impl FnOnce() -> Origin,
    ) -> Outcome<Result<T, E>> {
        of_result(value, |_| std::any::type_name::<E>().to_owned(), origin)
    }
}

fn text<T, E>(value: &Result<T, E>, describe: impl FnOnce(&E) -> String) -> String {
    value.as_ref().err().map(describe).unwrap_or_default()
}

fn debug_or_string<E: Debug + 'static>(error: &E) -> String {
    let any: &dyn Any = error;
    if let Some(string) = any.downcast_ref::<String>() {
        string.clone()
    } else if let Some(string) = any.downcast_ref::<&'static str>() {
        (*string).to_owned()
    } else {
        format!("{error:?}")
    }
}
