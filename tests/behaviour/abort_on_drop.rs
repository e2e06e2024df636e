//! `AbortOnDrop` and `#[background(abort_on_drop)]`.

use std::future::pending;

use spawn_runtime::{AbortOnDrop, TaskError, background};

use crate::support::{Drops, Witness, settle};

#[background(abort_on_drop)]
async fn hold(_witness: Witness) {
    pending().await
}

#[background(abort_on_drop)]
async fn double(number: u32) -> Result<u32, TaskError> {
    Ok(number * 2)
}

#[tokio::test]
async fn dropping_it_aborts_the_task() {
    let drops = Drops::default();
    let handle: AbortOnDrop<()> = hold(drops.witness());
    settle().await;
    assert_eq!(drops.count(), 0);
    drop(handle);
    settle().await;
    assert_eq!(drops.count(), 1);
}

#[tokio::test]
async fn it_can_be_awaited_and_asked_like_a_handle() {
    let handle = double(21);
    assert_eq!((handle.name(), handle.label()), ("double", None));
    assert_eq!(handle.spawned_at().file(), file!());
    assert_eq!(handle.id(), handle.abort_handle().id());
    assert!(!handle.is_finished());
    assert_eq!(handle.await.unwrap().unwrap(), 42);
    assert_eq!(double(2).flatten().await.unwrap(), 4);

    let drops = Drops::default();
    for end in [AbortOnDrop::cancel, AbortOnDrop::abort] {
        let handle = hold(drops.witness());
        end(&handle);
        assert!(handle.await.unwrap_err().is_cancelled());
    }
    let handle = hold(drops.witness());
    handle.cancel_handle().cancel();
    assert!(
        handle
            .stop(std::time::Duration::MAX)
            .await
            .unwrap_err()
            .is_cancelled()
    );
    assert_eq!(drops.count(), 3);
}

#[tokio::test]
async fn into_handle_and_detach_let_the_task_run_on() {
    let drops = Drops::default();
    drop(hold(drops.witness()).into_handle());
    hold(drops.witness()).abort_on_drop().detach();
    let back = hold(drops.witness()).into_handle().abort_on_drop();
    settle().await;
    assert_eq!(drops.count(), 0);
    drop(back);
    settle().await;
    assert_eq!(drops.count(), 1);
}

#[tokio::test]
async fn dropping_its_flatten_aborts_too() {
    #[background(abort_on_drop)]
    async fn hold_fallible(_witness: Witness) -> Result<(), TaskError> {
        pending().await
    }
    let drops = Drops::default();
    drop(hold_fallible(drops.witness()).flatten());
    settle().await;
    assert_eq!(drops.count(), 1);
}
