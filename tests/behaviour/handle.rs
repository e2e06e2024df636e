//! `TaskHandle`: what it tells, and awaiting it.

use std::{
    future::{pending, poll_fn},
    pin::Pin,
    task::Poll,
};

use spawn_runtime::{TaskError, TaskHandle, background};

use crate::support::{Drops, Witness, caught_panic, settle};

#[background]
async fn answer() -> u32 {
    42
}

#[background]
async fn hold(_witness: Witness) {
    pending().await
}

#[background]
async fn r#type() {}

#[background(name = "a name of its own")]
async fn named() {}

#[background]
async fn fallible(fail: bool) -> Result<u32, TaskError> {
    if fail {
        Err(answer_aborted().await)
    } else {
        Ok(7)
    }
}

async fn answer_aborted() -> TaskError {
    let handle = answer();
    handle.abort();
    handle.await.unwrap_err()
}

fn is_send_sync<T: Send + Sync + Unpin>(_: &T) {}

#[tokio::test]
async fn it_starts_without_being_awaited() {
    let drops = Drops::default();
    #[background]
    async fn finish(_witness: Witness) {}
    let handle = finish(drops.witness());
    is_send_sync(&handle);
    settle().await;
    assert_eq!(drops.count(), 1);
    assert!(handle.is_finished());
    handle.await.unwrap();
}

#[tokio::test]
async fn it_knows_its_name_id_and_place() {
    let handle = answer();
    let line = line!() - 1;
    assert_eq!(handle.name(), "answer");
    assert_eq!(handle.spawned_at().file(), file!());
    assert_eq!(handle.spawned_at().line(), line);
    assert_eq!(handle.id(), handle.abort_handle().id());
    assert_ne!(handle.id(), answer().id());
    let debug = format!("{handle:?}");
    assert!(
        debug.contains("answer") && debug.contains(file!()),
        "{debug}"
    );
}

#[tokio::test]
async fn a_raw_name_is_shown_without_its_prefix() {
    assert_eq!(r#type().name(), "type");
    assert_eq!(named().name(), "a name of its own");
}

#[tokio::test]
async fn the_id_is_that_of_the_task() {
    #[background]
    async fn own_id() -> tokio::task::Id {
        tokio::task::id()
    }
    let handle = own_id();
    let id = handle.id();
    assert_eq!(handle.await.unwrap(), id);
}

#[tokio::test]
async fn a_function_passed_as_a_value_still_knows_its_caller() {
    let start: fn() -> TaskHandle<u32> = answer;
    assert_eq!(start().await.unwrap(), 42);
    let handles: Vec<_> = [1, 2].into_iter().map(|_| answer()).collect();
    assert!(
        handles
            .iter()
            .all(|handle| handle.spawned_at().file() == file!())
    );
}

#[tokio::test]
async fn it_is_fused() {
    let mut handle = answer();
    assert_eq!((&mut handle).await.unwrap(), 42);
    let again = poll_fn(|cx| {
        Poll::Ready(std::future::Future::poll(Pin::new(&mut handle), cx).is_pending())
    })
    .await;
    assert!(again);
    // What it tells, it still tells.
    assert_eq!(handle.name(), "answer");
    assert!(handle.is_finished());
    handle.abort();
    handle.cancel();
    let _ = (handle.id(), handle.abort_handle());
}

#[tokio::test]
async fn select_on_a_handle_loses_nothing() {
    let mut handle = answer();
    tokio::select! {
        biased;
        () = std::future::ready(()) => {}
        _ = &mut handle => unreachable!(),
    }
    assert_eq!(handle.await.unwrap(), 42);
}

#[tokio::test]
async fn dropping_it_lets_the_task_run_on() {
    let drops = Drops::default();
    drop(hold(drops.witness()));
    hold(drops.witness()).detach();
    settle().await;
    assert_eq!(drops.count(), 0);
}

#[tokio::test]
async fn abort_drops_the_task_before_its_handle_resolves() {
    let drops = Drops::default();
    for polled_before in [false, true] {
        let handle = hold(drops.witness());
        if polled_before {
            settle().await;
        }
        let before = drops.count();
        handle.abort();
        handle.abort();
        assert_eq!(drops.count(), before, "never on the caller of `abort`");
        let error = handle.await.unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(drops.count(), before + 1);
    }
}

#[tokio::test]
async fn aborting_a_finished_task_changes_nothing() {
    let handle = answer();
    settle().await;
    handle.abort();
    handle.cancel();
    handle.cancel_handle().cancel();
    assert_eq!(handle.await.unwrap(), 42);
}

#[tokio::test]
async fn flatten_makes_one_result_of_two() {
    assert_eq!(fallible(false).flatten().await.unwrap(), 7);
    assert_eq!(fallible(false).abort_on_drop().flatten().await.unwrap(), 7);
    let own = fallible(true).flatten().await.unwrap_err();
    assert_eq!(own.task_name(), "answer");
    let handle = fallible(false);
    handle.abort();
    let of_the_task = handle.flatten().await.unwrap_err();
    assert_eq!(of_the_task.task_name(), "fallible");
}

#[tokio::test]
async fn a_function_that_never_returns_gives_an_infallible_handle() {
    #[background]
    async fn serve() -> ! {
        loop {
            tokio::task::yield_now().await;
        }
    }
    let handle: TaskHandle<std::convert::Infallible> = serve();
    settle().await;
    handle.abort();
    assert!(handle.await.unwrap_err().is_cancelled());
}

#[test]
fn every_handle_resolves_when_its_runtime_is_gone() {
    let drops = Drops::default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (held, after) = {
        let _entered = runtime.enter();
        let held = hold(drops.witness());
        runtime.shutdown_background();
        (held, hold(drops.witness()))
    };
    let other = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    assert!(other.block_on(held).unwrap_err().is_cancelled());
    assert!(other.block_on(after).unwrap_err().is_cancelled());
    assert_eq!(drops.count(), 2);
}

#[test]
fn outside_a_runtime_it_panics_at_the_caller_and_names_the_way_out() {
    let seen = caught_panic(|| drop(answer())).expect("it panics");
    let line = line!() - 1;
    for part in [&format!("{}:{line}:", file!()), "`answer`", "on = "] {
        assert!(seen.contains(part), "{part} in {seen}");
    }
}
