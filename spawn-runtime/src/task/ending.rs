/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Finished,
    /// With an `Err`.
    Failed,
    Panicked,
    TimedOut,
    /// Dropped before its end.
    Cancelled,
    /// Its scope was closed.
    Refused,
}
