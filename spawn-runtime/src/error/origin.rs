use std::{panic::Location, sync::Arc};

use tokio::task::Id;

/// The text of a task's `label`.
pub(crate) type Label = Arc<str>;

/// Who a task is: what its errors and reports tell.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) name: &'static str,
    pub(crate) label: Option<Label>,
    pub(crate) spawned_at: &'static Location<'static>,
    /// None where a user's own spawner ran the task outside tokio.
    pub(crate) id: Option<Id>,
    /// How often the body was started.
    pub(crate) attempts: u32,
}
