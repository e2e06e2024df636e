//! `TaskError`: what happened, to which task, and where it was spawned.

use std::{
    any::Any,
    borrow::Cow,
    error::Error,
    future::{Future, pending},
    io,
    panic::panic_any,
    pin::Pin,
    task::{Context, Poll},
};

use spawn_runtime::{TaskError, TaskErrorKind, background};

use crate::support::{Failures, PanicsOnDrop, settle};

#[background]
async fn generate_report(how: &'static str) {
    match how {
        "str" => panic!("Something went wrong"),
        "format" => panic!("Something went {how}"),
        "box" => panic_any(Box::<str>::from("boxed")),
        "cow" => panic_any(Cow::Borrowed("cow")),
        "number" => panic_any(7_u32),
        "lines" => assert_eq!(1, 2, "not equal"),
        "payload" => panic_any(PanicsOnDrop),
        _ => pending().await,
    }
}

fn is_an_error<T: Error + Send + Sync + 'static>() {}

#[tokio::test]
async fn its_display_is_one_line_with_name_panic_and_place() {
    let handle = generate_report("str");
    let at = handle.spawned_at();
    let error = handle.await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("task `generate_report` panicked: Something went wrong (spawned at {at})")
    );
    let lines = generate_report("lines").await.unwrap_err().to_string();
    assert!(!lines.contains('\n'), "{lines}");
    assert!(lines.contains("not equal, left: 1, right: 2"), "{lines}");
}

#[tokio::test]
async fn a_cancelled_and_a_timed_out_task_say_so() {
    #[background(timeout = "1ms")]
    async fn slow() {
        pending().await
    }
    let error = slow().await.unwrap_err();
    assert_eq!(error.kind(), TaskErrorKind::TimedOut);
    assert!(error.is_timeout() && !error.is_panic() && !error.is_cancelled());
    assert!(
        error
            .to_string()
            .starts_with("task `slow` timed out after 1ms (spawned at ")
    );

    let handle = generate_report("wait");
    handle.abort();
    let error = handle.await.unwrap_err();
    assert_eq!(error.kind(), TaskErrorKind::Cancelled);
    assert!(
        error
            .to_string()
            .starts_with("task `generate_report` was cancelled (spawned at ")
    );
}

#[tokio::test]
async fn it_knows_the_panic_and_the_task() {
    let handle = generate_report("str");
    let (id, at) = (handle.id(), handle.spawned_at());
    let error = handle.await.unwrap_err();
    assert_eq!(error.kind(), TaskErrorKind::Panicked);
    assert_eq!(error.task_name(), "generate_report");
    assert_eq!(error.id(), id);
    assert_eq!(error.spawned_at(), at);
    for (how, message) in [
        ("str", Some("Something went wrong")),
        ("format", Some("Something went format")),
        ("box", Some("boxed")),
        ("cow", Some("cow")),
        ("number", None),
    ] {
        let error = generate_report(how).await.unwrap_err();
        assert_eq!(error.panic_message(), message, "{how}");
    }
}

#[tokio::test]
async fn the_payload_comes_out_as_it_went_in() {
    let payload = generate_report("number").await.unwrap_err().into_panic();
    assert_eq!(*payload.downcast::<u32>().unwrap(), 7);
    let payload = generate_report("str")
        .await
        .unwrap_err()
        .try_into_panic()
        .unwrap();
    assert_eq!(*payload.downcast::<&str>().unwrap(), "Something went wrong");

    let handle = generate_report("wait");
    handle.abort();
    let error = handle.await.unwrap_err().try_into_panic().unwrap_err();
    assert!(error.is_cancelled(), "given back as it was");
}

#[tokio::test]
async fn resume_panic_goes_on_with_the_panic() {
    let error = generate_report("number").await.unwrap_err();
    let resumed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        error.resume_panic();
    }));
    let payload: Box<dyn Any + Send> = resumed.unwrap_err();
    assert_eq!(*payload.downcast::<u32>().unwrap(), 7);
}

#[tokio::test]
async fn dropping_it_never_panics() {
    // A regression of tokio's `JoinError`: a payload whose destructor panics takes down the joiner.
    drop(generate_report("payload").await.unwrap_err());
}

#[tokio::test]
async fn it_is_one_word_wide_and_becomes_an_io_error_with_its_text() {
    is_an_error::<TaskError>();
    assert_eq!(size_of::<TaskError>(), size_of::<usize>());
    let error = generate_report("str").await.unwrap_err();
    let text = error.to_string();
    let error = io::Error::from(error);
    assert_eq!(error.to_string(), text);
    assert!(error.get_ref().unwrap().is::<TaskError>());
}

#[tokio::test]
async fn the_kind_follows_what_happened() {
    #[background]
    async fn panics_when_dropped() {
        let _guard = PanicsOnDrop;
        pending().await
    }
    let handle = panics_when_dropped();
    settle().await;
    handle.abort();
    let error = handle.await.unwrap_err();
    assert_eq!(error.kind(), TaskErrorKind::Panicked);
    assert_eq!(error.panic_message(), Some("in a destructor"));

    #[background]
    async fn aborts_itself(own: tokio::sync::oneshot::Receiver<tokio::task::AbortHandle>) -> u32 {
        own.await.unwrap().abort();
        5
    }
    let (give, own) = tokio::sync::oneshot::channel();
    let handle = aborts_itself(own);
    give.send(handle.abort_handle()).unwrap();
    assert_eq!(handle.await.unwrap(), 5);
}

#[tokio::test]
async fn a_destructor_that_panics_after_the_end_takes_the_value() {
    let failures = Failures::listen();
    let handle = spawn_runtime::spawn(ReadyThenPanics);
    let error = handle.await.unwrap_err();
    assert_eq!(error.panic_message(), Some("after the end"));
    assert_eq!(failures.of("ReadyThenPanics").len(), 0, "it was received");
    drop(spawn_runtime::spawn(ReadyThenPanics));
    settle().await;
    assert_eq!(failures.of("ReadyThenPanics").len(), 1);
}

#[tokio::test]
async fn a_second_panic_changes_nothing_whatever_it_is() {
    struct PanicsTwice;

    impl Future for PanicsTwice {
        type Output = ();

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            panic!("the first")
        }
    }

    impl Drop for PanicsTwice {
        fn drop(&mut self) {
            panic_any(PanicsOnDrop)
        }
    }
    let error = spawn_runtime::spawn(PanicsTwice).await.unwrap_err();
    assert_eq!(error.panic_message(), Some("the first"));
}

/// A future of its own, whose fields are dropped after it is ready.
struct ReadyThenPanics;

impl Future for ReadyThenPanics {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        Poll::Ready(1)
    }
}

impl Drop for ReadyThenPanics {
    fn drop(&mut self) {
        panic!("after the end");
    }
}
