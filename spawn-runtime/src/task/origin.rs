use std::panic::Location;

use tokio::task::Id;

/// Who a task is: what its errors and reports tell.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub(crate) name: &'static str,
    pub(crate) spawned_at: &'static Location<'static>,
    /// None where a user's own spawner ran the task outside tokio.
    pub(crate) id: Option<Id>,
}
