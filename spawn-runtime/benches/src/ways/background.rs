//! The functions of this crate.

use std::{hint::black_box, sync::LazyLock};

use spawn_runtime::{CancellationToken, TaskScope, TaskSet, background};

use super::{Way, batches, ended, let_run, way};

#[background]
#[inline(never)]
async fn plain(number: u64) -> u64 {
    black_box(number)
}

#[background]
#[inline(never)]
async fn cancel(number: u64, #[cancel] token: CancellationToken) -> u64 {
    if token.is_cancelled() {
        return 0;
    }
    black_box(number)
}

#[background(timeout = "60s")]
#[inline(never)]
async fn timeout(number: u64) -> u64 {
    black_box(number)
}

#[background(limit = 1_000_000)]
#[inline(never)]
async fn limit(number: u64) -> u64 {
    black_box(number)
}

#[background(detach)]
#[inline(never)]
async fn detach(number: u64) {
    black_box(number);
    ended();
}

#[background(abort_on_drop)]
#[inline(never)]
async fn abort_on_drop(number: u64) -> u64 {
    black_box(number)
}

#[background(blocking)]
#[inline(never)]
fn blocking(number: u64) -> u64 {
    black_box(number)
}

/// As the fields of a server's state would be.
pub static SCOPE: LazyLock<TaskScope> = LazyLock::new(TaskScope::new);

#[background(on = *SCOPE)]
#[inline(never)]
async fn scope(number: u64) -> u64 {
    black_box(number)
}

#[background(on = *SCOPE)]
#[inline(never)]
async fn scope_cancel(number: u64, #[cancel] token: CancellationToken) -> u64 {
    if token.is_cancelled() {
        return 0;
    }
    black_box(number)
}

pub const WAYS: &[Way] = &[
    way!(
        "background",
        "`#[background]`",
        Some(("raw", 1.02)),
        Exact,
        |load, _| { batches!(load, plain, handle => handle.await.unwrap()) }
    ),
    way!(
        "cancel",
        "`#[background]`, `#[cancel]`",
        Some(("raw-token", 1.0)),
        Exact,
        |load, _| { batches!(load, cancel, handle => handle.await.unwrap()) }
    ),
    way!(
        "timeout",
        "`#[background(timeout)]`",
        Some(("raw-timeout", 1.0)),
        Exact,
        |load, _| { batches!(load, timeout, handle => handle.await.unwrap()) }
    ),
    way!(
        "limit",
        "`#[background(limit)]`",
        Some(("raw-semaphore", 1.0)),
        Exact,
        |load, _| { batches!(load, limit, handle => handle.await.unwrap()) }
    ),
    way!(
        "detach",
        "`#[background(detach)]`",
        Some(("raw-dropped", 1.02)),
        Exact,
        |load, _| { let_run(load, detach).await }
    ),
    way!(
        "abort-on-drop",
        "`#[background(abort_on_drop)]`",
        Some(("abort-on-drop-handle", 1.02)),
        Exact,
        |load, _| { batches!(load, abort_on_drop, handle => handle.await.unwrap()) }
    ),
    way!(
        "blocking",
        "`#[background(blocking)]`",
        Some(("raw-blocking", 1.02)),
        SecondThread,
        |load, _| { batches!(load, blocking, handle => handle.await.unwrap()) }
    ),
    way!(
        "scope",
        "`#[background(on = scope)]`",
        Some(("tracker-token", 0.7)),
        Exact,
        |load, _| { batches!(load, scope, handle => handle.await.unwrap()) }
    ),
    way!(
        "scope-cancel",
        "`#[background(on = scope)]`, `#[cancel]`",
        Some(("tracker-token", 1.0)),
        Exact,
        |load, _| { batches!(load, scope_cancel, handle => handle.await.unwrap()) }
    ),
    way!(
        "task-set",
        "`#[background]`, `TaskSet`",
        Some(("join-set", 1.0)),
        Exact,
        |load, _| {
            let mut set = TaskSet::new();
            for _ in 0..load.rounds {
                (0..load.batch as u64).for_each(|number| set.push(plain(number)));
                while let Some(ended) = set.join_next().await {
                    black_box(ended.unwrap());
                }
            }
        }
    ),
];
