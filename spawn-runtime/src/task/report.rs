use std::{
    any::Any,
    fmt::{Debug, Display},
};

/// How to tell of a value that nobody received: an `Err` has something to tell, all else does not.
pub trait Report<T>: Copy + Send + Sync + 'static {
    fn is_failure(value: &T) -> bool;

    /// The text of a failure.
    fn describe(value: &T) -> String;
}

/// Panics only: the return type is no `Result`.
#[derive(Clone, Copy)]
pub struct NoReport;

impl<T> Report<T> for NoReport {
    #[inline]
    fn is_failure(_: &T) -> bool {
        false
    }

    fn describe(_: &T) -> String {
        String::new()
    }
}

/// For `detach`.
#[derive(Clone, Copy)]
pub struct Detached<R>(pub R);

impl<T, R: Report<T>> Report<T> for Detached<R> {
    #[inline]
    fn is_failure(value: &T) -> bool {
        R::is_failure(value)
    }

    fn describe(value: &T) -> String {
        R::describe(value)
    }
}

/// The ways to tell of an `Err`.
macro_rules! report_errors {
    ($($(#[$doc:meta])* $name:ident $(: $bound:tt $(+ $more:tt)?)? => $describe:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name;

        impl<T, E $(: $bound $(+ $more)?)?> Report<Result<T, E>> for $name {
            #[inline]
            fn is_failure(value: &Result<T, E>) -> bool {
                value.is_err()
            }

            fn describe(value: &Result<T, E>) -> String {
                let describe: fn(&E) -> String = $describe;
                value.as_ref().err().map(describe).unwrap_or_default()
            }
        }
    )*};
}

report_errors! {
    /// An `Err` by its `Display`.
    ReportDisplay: Display => E::to_string;
    /// An `Err` by its `Debug`.
    ReportDebug: Debug => |error| format!("{error:?}");
    /// An `Err` by its `Debug`, without the quotes where it is a string: `spawn_result` knows of its
    /// error type no more than that it is `Debug`.
    ReportDebugOrString: Debug + 'static => debug_or_string;
    /// An `Err` by the name of its type.
    ReportTypeName => |_| std::any::type_name::<E>().to_owned();
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
