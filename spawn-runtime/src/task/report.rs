//! How to tell of a value that was not received: an `Err` has something to tell, all else does not.

use std::{
    any::{Any, type_name},
    error::Error,
    fmt::{Debug, Display},
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::outcome::Described;
use crate::error::{HoldsError, catch_panic, chain, debug, discard};

pub trait Report<T>: Copy + Send + Sync + 'static {
    /// Whether the task reports its failure itself, since it has no handle to receive it.
    const AT_THE_END: bool = false;

    /// Whether a value may be a failure.
    const FAILS: bool = true;

    fn is_failure(value: &T) -> bool;

    /// Returns the text of a failure.
    fn describe(value: &T) -> String;

    /// Takes a failure for its report.
    #[allow(private_interfaces)] // internal, and public only for `__private`
    fn take(value: T) -> Described;
}

/// Reports a failure at the end of the task, which has no handle to receive it.
#[derive(Clone, Copy)]
pub struct Detached<R>(pub R);

#[allow(private_interfaces)]
impl<T, R: Report<T>> Report<T> for Detached<R> {
    const AT_THE_END: bool = true;
    const FAILS: bool = R::FAILS;

    #[inline]
    fn is_failure(value: &T) -> bool {
        R::is_failure(value)
    }

    fn describe(value: &T) -> String {
        R::describe(value)
    }

    fn take(value: T) -> Described {
        R::take(value)
    }
}

/// Panics only: the return type is no `Result`.
#[derive(Clone, Copy)]
pub struct NoReport;

#[allow(private_interfaces)]
impl<T> Report<T> for NoReport {
    const FAILS: bool = false;

    #[inline]
    fn is_failure(_: &T) -> bool {
        false
    }

    fn describe(_: &T) -> String {
        String::new()
    }

    fn take(_: T) -> Described {
        (String::new(), None)
    }
}

/// The ways to tell of an `Err`.
macro_rules! report_errors {
    ($(
        $(#[$doc:meta])*
        $name:ident<$error:ident: $bounds:tt> => $describe:expr, $hold:expr;
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name;

        report_errors! { @impl $name, $error, $bounds, $describe, $hold }
    )*};
    (@impl $name:ident, $error:ident, ($($bounds:tt)*), $describe:expr, $hold:expr) => {
        #[allow(private_interfaces)]
        impl<T, $error: $($bounds)*> Report<Result<T, $error>> for $name {
            #[inline]
            fn is_failure(value: &Result<T, $error>) -> bool {
                value.is_err()
            }

            fn describe(value: &Result<T, $error>) -> String {
                let describe: fn(&$error) -> String = $describe;
                match value {
                    Ok(_) => String::new(),
                    Err(error) => text_of(|| describe(error)),
                }
            }

            fn take(value: Result<T, $error>) -> Described {
                let hold: fn($error) -> Option<Box<dyn HoldsError>> = $hold;
                let text = Self::describe(&value);
                (text, value.err().and_then(hold))
            }
        }
    };
}

report_errors! {
    /// An error that can be shared, by its `Display` and its sources.
    ReportError<E: (Error + Send + Sync + 'static)> => |error| chain(error), |error| Some(Box::new(Held(error)));
    /// Any other error, by its `Display` and its sources.
    ReportUnsharedError<E: (Error)> => |error| chain(error), drop_error;
    /// What holds an error, such as `anyhow::Error`.
    ReportHolder<E: (AsRef<dyn Error + Send + Sync> + Send + Sync + 'static)> => |error| chain(error.as_ref()), |error| Some(Box::new(Holder(error)));
    /// What holds an error that is not `Sync`, such as `Box<dyn Error + Send>`.
    ReportSendHolder<E: (AsRef<dyn Error + Send>)> => |error| chain(error.as_ref()), drop_error;
    /// What holds an error that cannot be shared.
    ReportUnsharedHolder<E: (AsRef<dyn Error>)> => |error| chain(error.as_ref()), drop_error;
    /// An `Err` by its `Display`.
    ReportDisplay<E: (Display)> => E::to_string, drop_error;
    /// An `Err` by its `Debug`.
    ReportDebug<E: (Debug)> => |error| debug(error), drop_error;
    /// An `Err` by its `Debug`, without the quotes where it is a string: `spawn_result` knows of its
    /// error type no more than that it is `Debug`.
    ReportDebugOrString<E: (Debug + 'static)> => debug_or_string, drop_error;
    /// An `Err` by the name of its type.
    ReportTypeName<E: (Sized)> => |_| type_name::<E>().to_owned(), drop_error;
}

fn drop_error<E>(error: E) -> Option<Box<dyn HoldsError>> {
    // What is told of the task must not get lost in a destructor that panics.
    catch_panic(|| drop(error));
    None
}

/// A `Display` that panics must not hide that there was an error.
fn text_of(describe: impl FnOnce() -> String) -> String {
    catch_unwind(AssertUnwindSafe(describe)).unwrap_or_else(|payload| {
        discard(payload);
        "an error whose formatting panicked".to_owned()
    })
}

fn debug_or_string<E: Debug + 'static>(error: &E) -> String {
    let any: &dyn Any = error;
    if let Some(string) = any.downcast_ref::<String>() {
        string.clone()
    } else if let Some(string) = any.downcast_ref::<&'static str>() {
        (*string).to_owned()
    } else {
        debug(error)
    }
}

struct Held<E>(E);

impl<E: Error + Send + Sync + 'static> HoldsError for Held<E> {
    fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &self.0
    }
}

struct Holder<E>(E);

impl<E: AsRef<dyn Error + Send + Sync> + Send + Sync> HoldsError for Holder<E> {
    fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self.0.as_ref()
    }
}
