//! A job as its owner knows it: its id, its state, and what the body can ask about itself.

use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

/// Names one job, across processes: a text, to be handed to a client and given back later.
///
/// It is the function's name, `/`, and the key of the `#[key]` arguments or a random UUID: so `reports.generate.v1/7`
/// is the job for the report 7, in every process.
///
/// # Examples
///
/// ```
/// use spawn_temporal::{DurableHandle, background};
///
/// #[background(durable = "docs.id.v1")]
/// async fn add_one(#[key] number: u32) -> u32 {
///     number + 1
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), spawn_temporal::DurableError> {
/// let temporal = spawn_temporal::local().install();
/// let id = add_one(7).id().await?;
/// assert_eq!(id.as_str(), "docs.id.v1/7");
/// assert_eq!(DurableHandle::<u32>::attach(&temporal, id).await?, 8);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(String);

impl JobId {
    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `NAME/KEY/KEY`. A `/` within a key is escaped, so that no two lists of keys make one id.
    pub(crate) fn new(name: &str, keys: &[String]) -> Self {
        if keys.is_empty() {
            return JobId(format!("{name}/{}", uuid::Uuid::new_v4()));
        }
        let mut id = name.to_owned();
        for key in keys {
            id.push('/');
            id.push_str(&key.replace('%', "%25").replace('/', "%2F"));
        }
        JobId(id)
    }
}

impl Display for JobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<String> for JobId {
    fn from(id: String) -> Self {
        JobId(id)
    }
}

impl From<&str> for JobId {
    fn from(id: &str) -> Self {
        JobId(id.to_owned())
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.0
    }
}

/// Describes where a job is: the answer of [`DurableHandle::status`](crate::DurableHandle::status).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobStatus {
    /// Where it is.
    pub state: JobState,
    /// Which attempt that is, from 1 on, as the engine counts: hand-backs at the graceful stop of a worker are counted
    /// too. 0 before the first.
    pub attempt: u32,
    /// What the last attempt failed with, if one did and the engine has kept it.
    pub last_failure: Option<String>,
}

/// Says where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JobState {
    /// It waits for a worker, or for its next attempt.
    Waiting,
    /// A worker runs it.
    Running,
    /// It has ended with a value.
    Completed,
    /// It has ended in an `Err`, a panic or a timeout, or used up its attempts.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It was terminated.
    Terminated,
}

/// What the body can ask about itself.
#[derive(Clone)]
pub(crate) struct Current {
    pub id: JobId,
    pub attempt: u32,
}

tokio::task_local! {
    pub(crate) static CURRENT: Current;
}

/// Returns the id of the job whose body this is; `None` outside of one, also in a task that the body has started.
///
/// Delivery is at least once. An id in the database, beside what the body has done, tells a second delivery from the
/// first.
///
/// # Examples
///
/// ```
/// use spawn_temporal::{attempt, background, job_id};
///
/// #[background(durable = "docs.job_id.v1")]
/// async fn charge(#[key] order: u32) -> String {
///     assert_eq!(attempt(), 1);
///     job_id().unwrap().to_string()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), spawn_temporal::DurableError> {
/// spawn_temporal::local().install();
/// assert_eq!(charge(3).await?, "docs.job_id.v1/3");
/// assert_eq!(job_id(), None);
/// # Ok(())
/// # }
/// ```
pub fn job_id() -> Option<JobId> {
    CURRENT.try_with(|current| current.id.clone()).ok()
}

/// Returns which attempt this is: 1 for the first, and outside of a job.
///
/// A hand-back at the graceful stop of a worker is no attempt.
pub fn attempt() -> u32 {
    CURRENT.try_with(|current| current.attempt).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::JobId;

    #[test]
    fn no_two_lists_of_keys_make_one_id() {
        let id = |keys: &[&str]| {
            let keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
            JobId::new("f", &keys)
        };
        assert_eq!(id(&["a", "b"]).as_str(), "f/a/b");
        assert_ne!(id(&["a/b", "c"]), id(&["a", "b/c"]));
        assert_ne!(id(&["a%2F"]), id(&["a/"]));
        assert_ne!(id(&[]), id(&[]));
    }
}
