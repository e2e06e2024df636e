//! The feature `tracing`: a task runs in the caller's span, and failures that no caller received are events.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
};

use spawn_runtime::{TaskScope, background, spawn, spawn_local};
use tokio::task::yield_now;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    info, info_span,
    subscriber::DefaultGuard,
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

use crate::support::{in_a_process_of_its_own, runtime, runtime_with_one_blocking_thread, settle};

/// Each event with the spans that it was in, the outermost first.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Seen {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = String::new();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            line += span.name();
            line += ": ";
        }
        event.record(&mut Fields(&mut line));
        self.0.lock().unwrap().push(line);
    }
}

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            *self.0 += &format!("{value:?}");
        } else {
            *self.0 += &format!(" {}={value:?}", field.name());
        }
    }
}

/// On this thread only, so that the tests don't hear each other.
fn listen() -> (Seen, DefaultGuard) {
    let seen = Seen::default();
    let subscriber = tracing_subscriber::registry().with(seen.clone());
    (seen, tracing::subscriber::set_default(subscriber))
}

struct SaysOnDrop;

impl Drop for SaysOnDrop {
    fn drop(&mut self) {
        info!("dropped");
    }
}

#[background]
async fn says_hello(_guard: SaysOnDrop) {
    info!("hello");
    yield_now().await;
    info!("still here");
}

#[background]
async fn calls_another() {
    let inner = info_span!("inner");
    let handle = inner.in_scope(|| says_hello(SaysOnDrop));
    handle.await.unwrap();
}

#[tokio::test]
async fn a_task_runs_in_the_span_of_its_caller() {
    let (seen, _guard) = listen();
    let handle = info_span!("request").in_scope(|| says_hello(SaysOnDrop));
    handle.await.unwrap();
    assert_eq!(
        seen.lines(),
        ["request: hello", "request: still here", "request: dropped"]
    );
    let handle = info_span!("request").in_scope(calls_another);
    handle.await.unwrap();
    assert_eq!(
        seen.lines(),
        [
            "request: inner: hello",
            "request: inner: still here",
            "request: inner: dropped"
        ]
    );
    says_hello(SaysOnDrop).await.unwrap();
    assert_eq!(seen.lines(), ["hello", "still here", "dropped"]);
}

#[tokio::test]
async fn an_aborted_task_is_dropped_in_the_span() {
    let (seen, _guard) = listen();
    let handle = info_span!("request").in_scope(|| says_hello(SaysOnDrop));
    handle.abort();
    handle.await.unwrap_err();
    assert_eq!(seen.lines(), ["request: dropped"]);
}

#[tokio::test]
async fn ad_hoc_and_local_tasks_inherit_it_too() {
    let (seen, _guard) = listen();
    let span = info_span!("request");
    let handle = span.in_scope(|| spawn(async { info!("ad hoc") }));
    handle.await.unwrap();
    tokio::task::LocalSet::new()
        .run_until(async {
            let handle = span.in_scope(|| spawn_local(async { info!("local") }));
            handle.await.unwrap();
        })
        .await;
    assert_eq!(seen.lines(), ["request: ad hoc", "request: local"]);
}

/// On a thread of the pool only the span knows its subscriber, so the name is asked of the span.
fn current_span() -> Option<&'static str> {
    tracing::Span::current()
        .metadata()
        .map(tracing::Metadata::name)
}

#[background(blocking)]
fn on_a_thread() -> Option<&'static str> {
    current_span()
}

#[background(blocking, limit = 1)]
fn on_a_thread_in_turn() -> Option<&'static str> {
    current_span()
}

#[test]
fn the_span_crosses_to_the_threads_of_the_blocking_pool() {
    let name = "behaviour::tracing::the_span_crosses_to_the_threads_of_the_blocking_pool";
    in_a_process_of_its_own(name, || {
        // For the whole process: the threads of the pool have no subscriber of their own otherwise.
        let subscriber = tracing_subscriber::registry().with(Seen::default());
        tracing::subscriber::set_global_default(subscriber).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let span = info_span!("request");
            assert_eq!(span.in_scope(on_a_thread).await.unwrap(), Some("request"));
            assert_eq!(
                span.in_scope(on_a_thread_in_turn).await.unwrap(),
                Some("request")
            );
            assert_eq!(on_a_thread().await.unwrap(), None);
            assert_eq!(on_a_thread_in_turn().await.unwrap(), None);
        });
    });
}

/// Notes the span in which it is dropped.
struct NotesSpan(Arc<Mutex<Vec<Option<&'static str>>>>);

impl Drop for NotesSpan {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(current_span());
    }
}

#[test]
fn a_blocking_function_that_is_never_called_is_dropped_in_the_span() {
    #[background(blocking)]
    fn never_called(_notes: NotesSpan) {}

    let name =
        "behaviour::tracing::a_blocking_function_that_is_never_called_is_dropped_in_the_span";
    // For the whole process: the threads of the pool have no subscriber of their own otherwise.
    in_a_process_of_its_own(name, || {
        let subscriber = tracing_subscriber::registry().with(Seen::default());
        tracing::subscriber::set_global_default(subscriber).unwrap();
        let runtime = runtime_with_one_blocking_thread();
        runtime.block_on(async {
            let (release, held) = std::sync::mpsc::channel::<()>();
            let holds = tokio::task::spawn_blocking(move || held.recv().is_err());
            let notes = Arc::default();
            let span = info_span!("request");
            let task = span.in_scope(|| never_called(NotesSpan(Arc::clone(&notes))));
            task.abort();
            drop(release);
            assert!(holds.await.unwrap());
            assert!(task.await.unwrap_err().is_cancelled());
            assert_eq!(*notes.lock().unwrap(), [Some("request")]);
        });
    });
}

#[test]
fn a_failure_that_no_caller_received_is_an_event_with_name_id_and_place() {
    #[background]
    async fn write_audit_log() -> Result<(), String> {
        Err("disk full".to_owned())
    }
    let name =
        "behaviour::tracing::a_failure_that_no_caller_received_is_an_event_with_name_id_and_place";
    // Where a failure hook is set, there are no events.
    in_a_process_of_its_own(name, || {
        runtime(None).block_on(async {
            let (seen, _guard) = listen();
            let handle = write_audit_log();
            let (id, at) = (handle.id(), handle.spawned_at());
            drop(handle);
            settle().await;
            let lines = seen.lines();
            assert_eq!(lines.len(), 1, "{lines:?}");
            for part in [
                "task failed: disk full ".to_owned(),
                "task.name=\"write_audit_log\"".to_owned(),
                format!("task.id={id}"),
                format!("task.spawned_at={at}"),
            ] {
                assert!(lines[0].contains(&part), "{part} in {}", lines[0]);
            }
        });
    });
}

#[tokio::test]
async fn with_the_attribute_instrument_the_spans_nest_whatever_the_order() {
    #[background]
    #[tracing::instrument]
    async fn below(number: u32) -> u32 {
        yield_now().await;
        info!("in the body");
        number
    }
    #[tracing::instrument]
    #[background]
    async fn above(number: u32) -> u32 {
        yield_now().await;
        info!("in the body");
        number
    }
    let (seen, _guard) = listen();
    let span = info_span!("request");
    assert_eq!(span.in_scope(|| below(7)).await.unwrap(), 7);
    assert_eq!(span.in_scope(|| above(7)).await.unwrap(), 7);
    assert_eq!(
        seen.lines(),
        ["request: below: in the body", "request: above: in the body"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_that_is_followed_is_a_warning_and_no_failure() {
    #[background(attempts = 2, label = number)]
    async fn warned(number: u32) -> Result<(), String> {
        Err(format!("{number} is odd"))
    }
    let failures = crate::support::Failures::listen();
    let (seen, _guard) = listen();
    let handle = info_span!("request").in_scope(|| warned(7));
    handle.await.unwrap().unwrap_err();
    let lines = seen.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("request: "), "{lines:?}");
    for part in [
        "attempt failed: 7 is odd",
        "task.name=\"warned\"",
        "task.label=\"7\"",
        "task.attempt=1",
        "task.wait=",
    ] {
        assert!(lines[0].contains(part), "{part} in {lines:?}");
    }
    assert_eq!(failures.of("warned").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_warning_says_on_one_line_how_the_attempt_ended_which_one_it_was_and_the_wait() {
    #[background(attempts = 6, timeout = "10s", backoff = "1s..1s")]
    async fn ends(tries: Arc<Mutex<u32>>) -> Result<(), String> {
        let number = {
            let mut tries = tries.lock().unwrap();
            *tries += 1;
            *tries
        };
        match number {
            1 => Err("disk\n  full".to_owned()),
            2 => std::future::pending().await,
            3 => std::panic::resume_unwind(Box::new("no\n  more")),
            4 => std::panic::resume_unwind(Box::new(7_u8)),
            _ => Ok(()),
        }
    }
    let (seen, _guard) = listen();
    let handle = ends(Arc::default());
    let id = handle.id();
    handle.await.unwrap().unwrap();
    let lines = seen.lines();
    let endings = [
        "failed: disk, full",
        "timed out after 10s",
        "panicked: no, more",
        "panicked with a value that is not a string",
    ];
    assert_eq!(lines.len(), endings.len(), "{lines:?}");
    for (index, (line, ending)) in lines.iter().zip(endings).enumerate() {
        let start = format!("attempt {ending} task.name=\"ends\" task.id={id} ");
        assert!(line.starts_with(&start), "{start} in {line}");
        // An attempt longer than the longest wait starts the waits over, and not the count.
        let attempt = format!(" task.attempt={} ", index + 1);
        assert!(line.contains(&attempt), "{attempt} in {line}");
        let (_, wait) = line.split_once("task.wait=").unwrap();
        assert!(wait == "1s" || wait.ends_with("ms"), "{line}");
    }
}

/// So that what a hook logs is told with the request that it belongs to.
#[tokio::test]
async fn a_failure_hook_is_called_in_the_span_of_the_task() {
    #[background(on = scope)]
    async fn dropped_in_a_span(scope: &TaskScope) -> Result<(), String> {
        Err("disk full".to_owned())
    }
    #[background(on = scope, detach)]
    async fn detached_in_a_span(scope: &TaskScope) {
        std::panic::resume_unwind(Box::new("no more"));
    }
    #[background(on = scope, blocking, detach)]
    fn called_in_a_span(scope: &TaskScope) -> Result<(), String> {
        Err("disk full".to_owned())
    }
    let (_seen, _guard) = listen();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let scope = TaskScope::builder()
        .on_failure({
            let heard = heard.clone();
            move |failure| heard.lock().unwrap().push((failure.name(), current_span()))
        })
        .build();
    info_span!("request").in_scope(|| {
        drop(dropped_in_a_span(&scope));
        detached_in_a_span(&scope);
    });
    scope.wait().await;
    settle().await;
    let told = |name| (name, Some("request"));
    assert_eq!(
        *heard.lock().unwrap(),
        [told("dropped_in_a_span"), told("detached_in_a_span")]
    );
    // On a thread of the pool, where the subscriber is not that of this thread.
    called_in_a_span(&scope);
    scope.wait().await;
    assert_eq!(heard.lock().unwrap()[2].0, "called_in_a_span");
}

#[tokio::test]
async fn the_refusal_of_a_blocking_function_is_reported_in_its_span() {
    #[background(on = scope, blocking)]
    fn refused_in_a_span(scope: &TaskScope, _notes: NotesSpan) {}

    let (_seen, _guard) = listen();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let scope = TaskScope::builder()
        .on_failure({
            let heard = heard.clone();
            move |_| heard.lock().unwrap().push(current_span())
        })
        .build();
    scope.close();
    let notes = Arc::default();
    let span = info_span!("request");
    span.in_scope(|| refused_in_a_span(&scope, NotesSpan(Arc::clone(&notes))).detach());
    settle().await;
    assert_eq!(*notes.lock().unwrap(), [Some("request")]);
    assert_eq!(*heard.lock().unwrap(), [Some("request")]);
}
