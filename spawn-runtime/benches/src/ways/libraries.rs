//! tokio-util and the crates for graceful shutdown.

use std::{convert::Infallible, error::Error, hint::black_box, time::Duration};

use tokio::task::JoinHandle;
use tokio_graceful::{Shutdown, ShutdownGuard};
use tokio_graceful_shutdown::{NestedSubsystem, SubsystemBuilder, SubsystemHandle, Toplevel};
use tokio_util::task::AbortOnDropHandle;

use super::{Shared, Way, batches, way};

#[inline(never)]
fn abort_on_drop(number: u64) -> AbortOnDropHandle<u64> {
    AbortOnDropHandle::new(tokio::spawn(async move { black_box(number) }))
}

#[inline(never)]
fn tracker(shared: &Shared, number: u64) -> JoinHandle<u64> {
    shared.tracker.spawn(async move { black_box(number) })
}

#[inline(never)]
fn tracker_and_token(shared: &Shared, number: u64) -> JoinHandle<Option<u64>> {
    let token = shared.token.child_token();
    shared.tracker.spawn(async move {
        token
            .run_until_cancelled(async move { black_box(number) })
            .await
    })
}

#[inline(never)]
fn graceful(guard: &ShutdownGuard, number: u64) -> JoinHandle<u64> {
    guard.spawn_task(async move { black_box(number) })
}

#[inline(never)]
fn subsystem(
    parent: &SubsystemHandle,
    number: u64,
) -> NestedSubsystem<Box<dyn Error + Send + Sync>> {
    parent.start(SubsystemBuilder::new(
        "subsystem",
        async move |_: &mut SubsystemHandle| {
            black_box(number);
            Ok::<_, Infallible>(())
        },
    ))
}

pub const WAYS: &[Way] = &[
    way!(
        "abort-on-drop-handle",
        "`AbortOnDropHandle`",
        None,
        Exact,
        |load, _| { batches!(load, abort_on_drop, handle => handle.await.unwrap()) }
    ),
    way!("tracker", "`TaskTracker`", None, Exact, |load, shared| {
        batches!(load, |number| tracker(&shared, number), handle => handle.await.unwrap())
    }),
    way!(
        "tracker-token",
        "`TaskTracker` + child token + `run_until_cancelled`",
        None,
        Exact,
        |load, shared| {
            batches!(load, |number| tracker_and_token(&shared, number), handle => handle.await.unwrap())
        }
    ),
    way!("graceful", "tokio-graceful", None, Exact, |load, _| {
        let guard = Shutdown::no_signal().guard();
        batches!(load, |number| graceful(&guard, number), handle => handle.await.unwrap())
    }),
    way!(
        "graceful-shutdown",
        "tokio-graceful-shutdown",
        None,
        Exact,
        |load, _| {
            Toplevel::new(async move |parent: &mut SubsystemHandle| {
            batches!(load, |number| subsystem(parent, number), handle => handle.join().await.unwrap())
        })
        .handle_shutdown_requests(Duration::from_secs(1))
        .await
        .unwrap()
        }
    ),
];
