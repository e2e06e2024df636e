//! A user's crate.

use spawn_runtime::{CancellationToken, background};
use std::sync::Arc;

/// Counts up to a number.
#[background]
pub async fn count(to: u32, (from, _): (u32, u32)) -> Result<u32, String> {
    to.checked_sub(from).ok_or("backwards".to_owned())
}

/// Works.
pub struct Worker;

impl Worker {
    /// Works until it is told to stop.
    #[background(abort_on_drop)]
    pub async fn work(self: Arc<Self>, #[cancel] token: CancellationToken, steps: u32) {
        if steps > 0 {
            token.cancelled().await;
        }
    }
}

/// Something to do.
pub trait Job {
    /// Does it.
    #[background]
    async fn run(self: Arc<Self>) -> u32;
}
