//! What a failure says: the whole chain of sources, the error itself, the label, the attempts.

use std::{
    cell::Cell,
    error::Error,
    fmt::{self, Display, Formatter},
    sync::{Arc, Mutex},
    time::Duration,
};

use spawn_runtime::{TaskError, TaskFailureKind, TaskScope, background};

use tokio::task::LocalSet;

use crate::support::{Failures, settle};

#[derive(Debug)]
struct Expired;

impl Display for Expired {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("the certificate has expired")
    }
}

impl Error for Expired {}

#[derive(Debug)]
enum SyncError {
    Connect(Expired),
    Task(TaskError),
}

impl Display for SyncError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            SyncError::Connect(_) => formatter.write_str("cannot connect"),
            SyncError::Task(_) => formatter.write_str("cannot sync"),
        }
    }
}

impl Error for SyncError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            SyncError::Connect(source) => Some(source),
            SyncError::Task(source) => Some(source),
        }
    }
}

impl From<TaskError> for SyncError {
    fn from(error: TaskError) -> Self {
        SyncError::Task(error)
    }
}

/// No `Error`, and holds one: as `anyhow::Error` does.
struct Holds(Box<dyn Error + Send + Sync>);

impl AsRef<dyn Error + Send + Sync> for Holds {
    fn as_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl Display for Holds {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, formatter)
    }
}

const FAILED: SyncError = SyncError::Connect(Expired);
const CHAIN: &str = "cannot connect: the certificate has expired";

#[background(on = scope)]
async fn own(scope: &TaskScope) -> Result<(), SyncError> {
    Err(FAILED)
}

#[background(on = scope)]
async fn boxed(scope: &TaskScope) -> Result<(), Box<dyn Error + Send + Sync>> {
    Err(FAILED.into())
}

#[background(on = scope)]
async fn boxed_without_sync(scope: &TaskScope) -> Result<(), Box<dyn Error + Send>> {
    Err(Box::new(FAILED))
}

#[background(on = scope)]
async fn held(scope: &TaskScope) -> Result<(), Holds> {
    Err(Holds(FAILED.into()))
}

#[background(on = scope, blocking)]
fn on_a_thread(scope: &TaskScope) -> Result<(), SyncError> {
    Err(FAILED)
}

#[background(on = scope, blocking, limit = 2)]
fn on_a_thread_in_turn(scope: &TaskScope) -> Result<(), SyncError> {
    Err(FAILED)
}

#[background(on = scope, detach)]
async fn detached(scope: &TaskScope) -> Result<(), SyncError> {
    Err(FAILED)
}

/// What the hook of a scope heard of each failure: its text, its chain, and whether the error is what was returned.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Told>>>);

struct Told {
    name: &'static str,
    text: String,
    message: Option<String>,
    kind: TaskFailureKind,
    attempts: u32,
    label: Option<String>,
    is_connect: bool,
}

impl Heard {
    fn scope(&self) -> TaskScope {
        let heard = self.clone();
        TaskScope::builder()
            .on_failure(move |failure| {
                let error = failure.error().and_then(|error| error.downcast_ref());
                heard.0.lock().unwrap().push(Told {
                    name: failure.name(),
                    text: failure.to_string(),
                    message: failure.error_message().map(str::to_owned),
                    kind: failure.kind(),
                    attempts: failure.attempts(),
                    label: failure.label().map(str::to_owned),
                    is_connect: matches!(error, Some(SyncError::Connect(_))),
                });
            })
            .build()
    }

    fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[tokio::test]
async fn the_text_of_an_err_has_all_its_sources_and_the_error_can_be_downcast() {
    let heard = Heard::default();
    let scope = heard.scope();
    drop((own(&scope), boxed(&scope), boxed_without_sync(&scope)));
    drop((held(&scope), on_a_thread(&scope)));
    drop(on_a_thread_in_turn(&scope));
    detached(&scope);
    // Of a task whose handle was dropped it comes last, and that of a blocking function from its thread.
    while heard.0.lock().unwrap().len() < 7 {
        tokio::task::yield_now().await;
    }
    let mut names = Vec::new();
    for told in heard.take() {
        assert_eq!(told.message.as_deref(), Some(CHAIN), "{}", told.name);
        let expected = format!("task `{}` failed: {CHAIN} (spawned at ", told.name);
        assert!(told.text.starts_with(&expected), "{}", told.text);
        assert_eq!((told.kind, told.attempts), (TaskFailureKind::Error, 1));
        // An error that is not `Sync` cannot be shared.
        assert_eq!(told.is_connect, told.name != "boxed_without_sync");
        names.push(told.name);
    }
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "boxed",
            "boxed_without_sync",
            "detached",
            "held",
            "on_a_thread",
            "on_a_thread_in_turn",
            "own"
        ]
    );
}

#[background(on = scope, timeout = "1ms", label = "imap")]
async fn inner(scope: &TaskScope) {
    std::future::pending().await
}

#[background(on = scope, label = account)]
async fn outer(scope: TaskScope, account: u32) -> Result<(), SyncError> {
    Ok(inner(&scope).await?)
}

#[background(on = scope)]
async fn outermost(scope: TaskScope) -> Result<(), TaskError> {
    inner(&scope).await
}

#[tokio::test(start_paused = true)]
async fn an_error_of_a_task_within_one_is_told_in_one_sentence() {
    let heard = Heard::default();
    let scope = heard.scope();
    let line = line!() + 1;
    outer(scope.clone(), 7).detach();
    outermost(scope.clone()).detach();
    scope.wait().await;
    settle().await;
    let [outer, outermost] = &heard.take()[..] else {
        panic!("each failure once, and none for the inner task, whose error was received");
    };
    let file = file!();
    let inner = "task `inner` (imap) timed out after 1ms (spawned at ";
    for (told, text, end) in [
        (
            outer,
            format!("task `outer` (7) failed: cannot sync: {inner}{file}:"),
            format!("; `outer` at {file}:{line}:5)"),
        ),
        (
            outermost,
            format!("task `outermost` failed: {inner}{file}:"),
            format!("; `outermost` at {file}:{}:5)", line + 1),
        ),
    ] {
        assert!(told.text.starts_with(&text), "{}", told.text);
        assert!(told.text.ends_with(&end), "{}", told.text);
        assert_eq!(told.text.matches("spawned at").count(), 1, "{}", told.text);
        assert_eq!(told.text.lines().count(), 1);
    }
    assert_eq!(outer.label.as_deref(), Some("7"));
}

#[background(on = scope, attempts = 3, backoff = "1ms..2ms", label = url)]
async fn deliver(scope: &TaskScope, url: &'static str) -> Result<(), SyncError> {
    let _ = url;
    Err(FAILED)
}

#[tokio::test(start_paused = true)]
async fn it_has_the_label_and_the_attempts() {
    let heard = Heard::default();
    let scope = heard.scope();
    deliver(&scope, "https://example.org/hook").detach();
    scope.wait().await;
    settle().await;
    let [told] = &heard.take()[..] else {
        panic!("three attempts are one failure");
    };
    let expected = format!(
        "task `deliver` (https://example.org/hook) failed: {CHAIN} (3 attempts, spawned at "
    );
    assert!(told.text.starts_with(&expected), "{}", told.text);
    assert_eq!(
        (told.attempts, told.label.as_deref()),
        (3, Some("https://example.org/hook"))
    );
    assert!(told.is_connect, "that of the last attempt");
}

/// `spawn_result` knows of its error that it is `Debug`.
#[tokio::test]
async fn spawn_result_makes_one_line_of_the_debug() {
    struct Report;

    impl fmt::Debug for Report {
        fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
            // As anyhow does with `RUST_BACKTRACE=1`.
            formatter.write_str(
                "cannot sync\n\nCaused by:\n    0: cannot connect\n    1: expired\n\nStack backtrace:\n   0: main",
            )
        }
    }

    let heard = Heard::default();
    let scope = heard.scope();
    drop(scope.spawn_result(async { Err::<(), _>("a text") }));
    drop(scope.spawn_result(async { Err::<(), _>("an owned text".to_owned()) }));
    drop(scope.spawn_result(async { Err::<(), _>(Expired) }));
    drop(scope.spawn_result(async { Err::<(), _>(Report) }));
    scope.wait().await;
    settle().await;
    let told = heard.take();
    let messages: Vec<_> = told.iter().map(|told| told.message.as_deref()).collect();
    assert_eq!(
        messages,
        [
            Some("a text"),
            Some("an owned text"),
            Some("Expired"),
            Some("cannot sync: cannot connect: expired")
        ]
    );
}

/// An error that cannot be shared.
#[derive(Debug)]
struct NotSync(#[allow(dead_code)] Cell<u8>);

impl Display for NotSync {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("cannot connect")
    }
}

impl Error for NotSync {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&Expired)
    }
}

#[tokio::test]
async fn an_error_that_cannot_be_shared_is_told_with_all_its_sources_too() {
    #[background(on = scope)]
    async fn not_sync(scope: &TaskScope) -> Result<(), NotSync> {
        Err(NotSync(Cell::new(7)))
    }
    #[background(local)]
    async fn held_locally() -> Result<(), Box<dyn Error>> {
        Err(FAILED.into())
    }
    let (heard, failures) = (Heard::default(), Failures::listen());
    let scope = heard.scope();
    drop(not_sync(&scope));
    let local = LocalSet::new();
    local.run_until(async { drop(held_locally()) }).await;
    local.await;
    scope.wait().await;
    let [told] = &heard.take()[..] else {
        panic!("there should be one");
    };
    assert_eq!(told.message.as_deref(), Some(CHAIN));
    let told = failures.of("held_locally");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].error_message.as_deref(), Some(CHAIN));
}

#[tokio::test]
async fn an_ok_is_no_failure_whatever_the_type_of_the_error() {
    struct Bare;
    #[derive(Debug)]
    struct ByDebug;

    /// Functions of a scope that succeed, and how many.
    macro_rules! succeed {
        ($($name:ident: $error:ty;)*) => {
            fn start_all(scope: &TaskScope) -> usize {
                $(
                    #[background(on = scope)]
                    async fn $name(scope: &TaskScope) -> Result<(), $error> {
                        Ok(())
                    }
                    drop($name(scope));
                )*
                [$(stringify!($name)),*].len()
            }
        };
    }
    succeed! {
        shared: SyncError;
        not_sync: NotSync;
        holds: Holds;
        boxed: Box<dyn Error + Send + Sync>;
        boxed_without_sync: Box<dyn Error + Send>;
        by_display: String;
        by_debug: ByDebug;
        by_name: Bare;
    }
    #[background(local)]
    async fn succeeds_locally() -> Result<(), Box<dyn Error>> {
        Ok(())
    }
    let (heard, failures) = (Heard::default(), Failures::listen());
    let scope = heard.scope();
    let started = start_all(&scope);
    drop(scope.spawn_result(async { Ok::<_, ByDebug>(()) }));
    let local = LocalSet::new();
    local.run_until(async { drop(succeeds_locally()) }).await;
    local.await;
    scope.wait().await;
    settle().await;
    assert!(heard.take().is_empty());
    assert!(failures.of("succeeds_locally").is_empty());
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!(
        (report.finished, report.failed),
        (started + 1, 0),
        "{report}"
    );
}

/// A scope keeps its first failure, also that of a task that reports it itself.
#[tokio::test]
async fn the_first_failure_of_a_scope_has_the_text_of_a_detached_task() {
    let heard = Heard::default();
    let scope = heard.scope();
    detached(&scope);
    scope.wait().await;
    let report = scope.shutdown(Duration::ZERO).await;
    let first = report.first_failure.unwrap();
    assert_eq!(first.error_message(), Some(CHAIN));
}
