//! The order in which a task ends: its destructors, the failure hook, `ended`, then it is counted and leaves its
//! scope, which its failure closes; then its handle resolves.

use std::{
    ops::Deref,
    sync::{Arc, Mutex},
    time::Duration,
};

use spawn_runtime::{TaskEnding, TaskInfo, TaskObserver, TaskScope, background};

use crate::support::Log;

/// Says that it is dropped.
struct Destructor(Log);

impl Drop for Destructor {
    fn drop(&mut self) {
        self.0.say("destructors");
    }
}

/// Says what the scope is like when it is told.
struct Observer {
    log: Log,
    scope: Arc<Mutex<Option<TaskScope>>>,
}

impl TaskObserver for Observer {
    fn ended(&self, _: &TaskInfo, ending: TaskEnding) {
        let scope = self.scope.lock().unwrap();
        let scope = scope.as_ref().expect("tasks come later");
        let (tasks, is_closed) = (scope.len(), scope.is_closed());
        self.log.say(format!(
            "ended {ending:?}, tasks {tasks}, closed {is_closed}"
        ));
    }
}

/// A scope that its own observer or hook knows, until this is dropped: else it would keep itself alive.
struct KnownScope {
    scope: TaskScope,
    known: Arc<Mutex<Option<TaskScope>>>,
}

impl KnownScope {
    fn new(scope: TaskScope, known: Arc<Mutex<Option<TaskScope>>>) -> Self {
        *known.lock().unwrap() = Some(scope.clone());
        KnownScope { scope, known }
    }
}

impl Deref for KnownScope {
    type Target = TaskScope;

    fn deref(&self) -> &TaskScope {
        &self.scope
    }
}

impl Drop for KnownScope {
    fn drop(&mut self) {
        let known = self.known.lock().unwrap().take();
        drop(known);
    }
}

/// A scope that fails fast, and says everything.
fn scope(log: &Log) -> KnownScope {
    let itself = Arc::default();
    let observer = Observer {
        log: log.clone(),
        scope: Arc::clone(&itself),
    };
    let hook = log.clone();
    let scope = TaskScope::builder()
        .fail_fast()
        .observer(observer)
        .on_failure(move |failure| hook.say(format!("hook {}", failure.name())))
        .build();
    KnownScope::new(scope, itself)
}

async fn left(scope: &TaskScope, log: &Log) {
    scope.wait().await;
    log.say(format!("left, closed {}", scope.is_closed()));
}

#[background(on = scope, detach)]
async fn detached(scope: &TaskScope, _destructor: Destructor) -> Result<(), String> {
    Err("disk full".to_owned())
}

#[background(on = scope, guard)]
async fn guarded(scope: &TaskScope, _destructor: Destructor) {
    std::panic::resume_unwind(Box::new("no more"));
}

#[background(on = scope, detach, timeout = "1ms")]
async fn too_slow(scope: &TaskScope, _destructor: Destructor) {
    std::future::pending().await
}

#[background(on = scope, blocking, detach)]
fn call(scope: &TaskScope, _destructor: Destructor) -> Result<(), String> {
    Err("disk full".to_owned())
}

#[tokio::test(start_paused = true)]
async fn of_a_task_without_a_handle_to_receive_it_the_failure_is_told_in_between() {
    for (name, ending) in [
        ("detached", "Failed"),
        ("guarded", "Panicked"),
        ("too_slow", "TimedOut"),
        ("call", "Failed"),
    ] {
        let log = Log::default();
        let scope = scope(&log);
        let destructor = Destructor(log.clone());
        let mut guard = None;
        match name {
            "detached" => detached(&scope, destructor),
            "guarded" => guard = Some(guarded(&scope, destructor)),
            "too_slow" => too_slow(&scope, destructor),
            _ => call(&scope, destructor),
        }
        left(&scope, &log).await;
        assert_eq!(
            log.lines(),
            [
                "destructors".to_owned(),
                format!("hook {name}"),
                format!("ended {ending}, tasks 1, closed false"),
                "left, closed true".to_owned(),
            ]
        );
        drop(guard);
        let report = scope.shutdown(Duration::ZERO).await;
        assert_eq!(report.first_failure.unwrap().name(), name);
    }
}

#[background(on = scope, timeout = "1ms")]
async fn unheard(scope: &TaskScope, how: &'static str) -> Result<(), String> {
    match how {
        "fails" => Err("disk full".to_owned()),
        "panics" => std::panic::resume_unwind(Box::new("no more")),
        _ => std::future::pending().await,
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_task_whose_handle_was_dropped_the_failure_is_told_before_it_leaves() {
    for how in ["fails", "panics", "hangs"] {
        let itself = Arc::<Mutex<Option<TaskScope>>>::default();
        let told = Arc::<Mutex<Vec<usize>>>::default();
        let (hears, of) = (told.clone(), itself.clone());
        let scope = TaskScope::builder()
            .on_failure(move |_| {
                let tasks = of.lock().unwrap().as_ref().map_or(0, TaskScope::len);
                hears.lock().unwrap().push(tasks);
            })
            .build();
        let scope = KnownScope::new(scope, itself);
        drop(unheard(&scope, how));
        scope.wait().await;
        assert_eq!(*told.lock().unwrap(), [1], "{how}");
    }
}

#[background(on = scope)]
async fn awaited(
    scope: &TaskScope,
    _destructor: Destructor,
    fails: bool,
) -> Result<(), &'static str> {
    tokio::task::yield_now().await;
    if fails { Err("disk full") } else { Ok(()) }
}

#[tokio::test]
async fn a_handle_resolves_when_the_task_has_left_and_its_failure_closed_the_scope() {
    for fails in [false, true] {
        let log = Log::default();
        let scope = scope(&log);
        let task = awaited(&scope, Destructor(log.clone()), fails);
        assert_eq!(task.await.unwrap().is_err(), fails);
        log.say(format!(
            "resolved, tasks {}, closed {}",
            scope.len(),
            scope.is_closed()
        ));
        let ending = if fails { "Failed" } else { "Finished" };
        // And no hook: the failure was received.
        assert_eq!(
            log.lines(),
            [
                "destructors".to_owned(),
                format!("ended {ending}, tasks 1, closed false"),
                format!("resolved, tasks 0, closed {fails}"),
            ]
        );
    }
}

#[tokio::test]
async fn an_abort_and_a_refusal_end_in_the_same_order() {
    let log = Log::default();
    let scope = scope(&log);
    let task = awaited(&scope, Destructor(log.clone()), false);
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    log.say(format!("resolved, tasks {}", scope.len()));
    scope.close();
    let refused = awaited(&scope, Destructor(log.clone()), false);
    assert!(refused.await.unwrap_err().is_refused());
    assert_eq!(
        log.lines(),
        [
            "destructors",
            "ended Cancelled, tasks 1, closed false",
            "resolved, tasks 0",
            "destructors",
            "ended Refused, tasks 0, closed true",
        ]
    );
}
