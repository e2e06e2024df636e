//! What the caller and the worker tell each other through the engine.

use std::{collections::HashMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue as RawJson;
use temporalio_common::{data_converters::RawValue, protos::temporal::api::common::v1::Payload};

use crate::DurableErrorKind;

/// A text that is JSON, as the engine keeps it and its page shows it.
pub(crate) fn payload(json: String) -> Payload {
    let metadata = HashMap::from([("encoding".to_owned(), b"json/plain".to_vec())]);
    Payload {
        metadata,
        data: json.into_bytes(),
        ..Payload::default()
    }
}

pub(crate) fn raw(json: String) -> RawValue {
    RawValue::new(vec![payload(json)])
}

pub(crate) fn json_of(payloads: &[Payload]) -> Result<&str, String> {
    let data = payloads
        .first()
        .map_or(&b"null"[..], |payload| &payload.data);
    std::str::from_utf8(data).map_err(|error| format!("expected JSON: {error}"))
}

/// The name of the header that has the [`Options`].
pub(crate) const OPTIONS: &str = "spawn-temporal";

/// What came of the options at the call, for the worker.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Options {
    pub label: Option<String>,
    pub timeout: Option<Duration>,
}

/// The type of a failure that is the function's own `Err`.
pub(crate) const ERR: &str = "Err";
/// The type of a failure of a worker that stops.
pub(crate) const HANDED_BACK: &str = "HandedBack";
/// That of the SDK, of a worker that has no such function.
pub(crate) const NO_FUNCTION: &str = "NotFoundError";

/// The kinds that a worker can end a job with, and the types of their failures.
const KINDS: [(DurableErrorKind, &str); 4] = [
    (DurableErrorKind::Panicked, "Panicked"),
    (DurableErrorKind::TimedOut, "TimedOut"),
    (DurableErrorKind::AttemptsUsedUp, "AttemptsUsedUp"),
    (DurableErrorKind::Undecodable, "Undecodable"),
];

pub(crate) fn type_of(kind: DurableErrorKind) -> &'static str {
    let found = KINDS.iter().find(|(one, _)| *one == kind);
    found.map_or("AttemptsUsedUp", |(_, name)| name)
}

pub(crate) fn kind_of(name: &str) -> Option<DurableErrorKind> {
    let found = KINDS.iter().find(|(_, one)| *one == name);
    found.map(|(kind, _)| *kind)
}

/// The details of a failure.
#[derive(Serialize, Deserialize)]
pub(crate) struct Details {
    pub attempts: u32,
    /// The function's value, if the failure is its `Err`.
    pub value: Option<Box<RawJson>>,
}

/// What a heartbeat tells the next worker, if this one is lost: of the attempts that the engine has counted up to
/// `seen`, so many were `used` by the function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub seen: u32,
    pub used: u32,
}

impl Progress {
    /// Counts the attempts before this one that have left no trace. They are the function's if the last one is.
    pub(crate) fn up_to(self, attempt: u32, is_the_functions: bool) -> Self {
        let untold = attempt.saturating_sub(1).saturating_sub(self.seen);
        let used = match is_the_functions {
            true => self.used.saturating_add(untold),
            false => self.used,
        };
        Progress {
            seen: self.seen.max(attempt.saturating_sub(1)),
            used,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn only_the_attempts_of_the_function_are_counted() {
        let none = Progress::default();
        assert_eq!(none.up_to(1, true), Progress { seen: 0, used: 0 });
        // Two that were lost before they could tell anything.
        assert_eq!(none.up_to(3, true), Progress { seen: 2, used: 2 });
        // Two workers without the function.
        assert_eq!(none.up_to(3, false), Progress { seen: 2, used: 0 });
        // The third was handed back, and told so.
        let told = Progress { seen: 3, used: 2 };
        assert_eq!(told.up_to(4, false), Progress { seen: 3, used: 2 });
        assert_eq!(told.up_to(5, true), Progress { seen: 4, used: 3 });
    }
}
