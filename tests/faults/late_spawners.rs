//! Spawners of a user's that return late: the task has waited, gone on, begun or ended by then, or was aborted, before
//! its caller has a handle.

use std::{
    sync::{
        Arc, Mutex,
        mpsc::{self, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use spawn_runtime::{
    Spawn, Task, TaskEnding, TaskHandle, TaskInfo, TaskObserver, TaskScope, TaskState, background,
};
use tokio::{
    runtime::{Builder, Handle},
    sync::Notify,
    task::{AbortHandle, Id, JoinHandle},
};

use crate::support::accounted;

/// How far a task has come when its spawner returns.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Point {
    /// It was polled, and waits for its permit.
    Waits,
    /// Its function is in the queue of the pool.
    Queued,
    Begun,
    Ended,
}

/// What happens to it then.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Nothing,
    Abort,
    Shutdown,
    /// These before its spawner returns.
    AbortMeanwhile,
    ShutdownMeanwhile,
}

type Hook = Arc<dyn Fn(AbortHandle) + Send + Sync>;

/// Spawns in the scope, and returns when the hook does.
#[derive(Clone)]
struct Late {
    scope: TaskScope,
    returns: Hook,
    /// A function that is given to it is one that has waited for its permit.
    is_limited: bool,
    /// Told of each poll, and of each function that has gone on.
    progress: Sender<()>,
}

impl Spawn for Late {
    type Owned = Self;

    fn spawner(&self) -> Self {
        self.clone()
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        let progress = self.progress.clone();
        let task = task.around(move |poll| {
            poll();
            let _ = progress.send(());
        });
        let join = Spawn::spawn(&self.scope, task);
        (self.returns)(join.abort_handle());
        join
    }

    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let join = Spawn::spawn_blocking(&self.scope, function);
        let _ = self.progress.send(());
        if !self.is_limited {
            (self.returns)(join.abort_handle());
        }
        join
    }
}

type Start = fn(&Late, Sender<()>, Arc<Notify>) -> TaskHandle<()>;

#[background(on = late.clone())]
async fn plain(late: &Late, begun: Sender<()>, go: Arc<Notify>) {
    begun.send(()).unwrap();
    go.notified().await;
}

#[background(on = late.clone(), limit = 1)]
async fn limited(late: &Late, begun: Sender<()>, go: Arc<Notify>) {
    begun.send(()).unwrap();
    go.notified().await;
}

#[background(on = late.clone(), label = 7, timeout = "1h", attempts = 2)]
async fn with_options(late: &Late, begun: Sender<()>, go: Arc<Notify>) {
    begun.send(()).unwrap();
    go.notified().await;
}

#[background(on = late.clone(), blocking)]
fn call(late: &Late, begun: Sender<()>, go: Arc<Notify>) {
    begun.send(()).unwrap();
    Handle::current().block_on(go.notified());
}

#[background(on = late.clone(), blocking, limit = 1)]
fn limited_call(late: &Late, begun: Sender<()>, go: Arc<Notify>) {
    begun.send(()).unwrap();
    Handle::current().block_on(go.notified());
}

#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    start: Start,
    is_limited: bool,
    is_call: bool,
}

const fn kind(name: &'static str, start: Start, is_limited: bool, is_call: bool) -> Kind {
    Kind {
        name,
        start,
        is_limited,
        is_call,
    }
}

const KINDS: [Kind; 5] = [
    kind("plain", plain, false, false),
    kind("limited", limited, true, false),
    kind("with_options", with_options, false, false),
    kind("call", call, false, true),
    kind("limited_call", limited_call, true, true),
];

impl Kind {
    fn has(self, point: Point) -> bool {
        match point {
            Point::Waits => self.is_limited,
            Point::Queued => self.is_call,
            Point::Begun | Point::Ended => true,
        }
    }
}

#[derive(Default)]
struct Told(Mutex<Vec<(Id, Option<TaskEnding>)>>);

impl TaskObserver for Told {
    fn spawned(&self, task: &TaskInfo) {
        self.0.lock().unwrap().push((task.id(), None));
    }

    fn started(&self, task: &TaskInfo) {
        self.0.lock().unwrap().push((task.id(), None));
    }

    fn ended(&self, task: &TaskInfo, ending: TaskEnding) {
        self.0.lock().unwrap().push((task.id(), Some(ending)));
    }
}

fn ids(tasks: &[TaskInfo]) -> Vec<Id> {
    tasks.iter().map(TaskInfo::id).collect()
}

/// Waits on this thread, which is none of the runtime's workers.
fn until(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "it hangs");
        thread::sleep(Duration::from_micros(50));
    }
}

/// Shuts the scope down from another thread. A function that runs is let go meanwhile.
fn shut_down(scope: &TaskScope, go: Option<&Notify>) -> spawn_runtime::ShutdownReport {
    let (runtime, grace) = match go {
        Some(_) => (Handle::current(), Duration::from_secs(60)),
        None => (Handle::current(), Duration::ZERO),
    };
    thread::scope(|threads| {
        let report = threads.spawn(|| runtime.block_on(scope.shutdown(grace)));
        until(|| scope.is_closed());
        if let Some(go) = go {
            go.notify_one();
        }
        report.join().unwrap()
    })
}

fn check(kind: Kind, limit: Option<usize>, point: Point, act: Act) {
    let case = format!("{} with {limit:?} slots, {point:?}, {act:?}", kind.name);
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let _guard = runtime.enter();
    let told = Arc::new(Told::default());
    let builder = TaskScope::builder().observer(told.clone());
    let scope = match limit {
        Some(limit) => builder.limit(limit).build(),
        None => builder.build(),
    };
    let (go, reports) = (Arc::new(Notify::new()), Arc::new(Mutex::new(None)));

    // What keeps it where it is to be.
    let (release, held) = mpsc::channel::<()>();
    let (progress, has_progress) = mpsc::channel();
    let holds_pool = (point == Point::Queued).then(|| {
        let (begun, has_begun) = mpsc::channel();
        let task = tokio::task::spawn_blocking(move || {
            begun.send(()).unwrap();
            held.recv().unwrap_err();
        });
        has_begun.recv().unwrap();
        task
    });
    let let_go = Arc::new(Notify::new());
    let holds_permit = (point == Point::Waits).then(|| {
        let at_once = Late {
            scope: TaskScope::new(),
            returns: Arc::new(|_| {}),
            is_limited: true,
            progress: mpsc::channel().0,
        };
        let (begun, has_begun) = mpsc::channel();
        let task = (kind.start)(&at_once, begun, let_go.clone());
        has_begun.recv().unwrap();
        (at_once, task)
    });

    let (begun, has_begun) = mpsc::channel();
    let (has_begun, has_progress) = (Mutex::new(has_begun), Mutex::new(has_progress));
    let runs_on_a_thread = kind.is_call && point == Point::Begun;
    let returns = {
        let (scope, go, reports) = (scope.clone(), go.clone(), reports.clone());
        move |task: AbortHandle| {
            match point {
                Point::Waits => has_progress.lock().unwrap().recv().unwrap(),
                Point::Queued if kind.is_limited => until(|| task.is_finished()),
                Point::Queued => {}
                Point::Begun => has_begun.lock().unwrap().recv().unwrap(),
                Point::Ended => {
                    go.notify_one();
                    until(|| scope.is_empty() && task.is_finished());
                }
            }
            match act {
                Act::AbortMeanwhile => task.abort(),
                Act::ShutdownMeanwhile => {
                    let report = shut_down(&scope, runs_on_a_thread.then_some(&*go));
                    *reports.lock().unwrap() = Some(report);
                }
                _ => {}
            }
        }
    };
    let late = Late {
        scope: scope.clone(),
        returns: Arc::new(returns),
        is_limited: kind.is_limited,
        progress,
    };
    let task = (kind.start)(&late, begun, go.clone());
    let id = task.id();

    let is_meanwhile = matches!(act, Act::AbortMeanwhile | Act::ShutdownMeanwhile);
    if !is_meanwhile && point != Point::Ended {
        let listed = scope.tasks();
        assert_eq!(ids(&listed), [id], "{case}");
        let state = match point {
            Point::Waits => TaskState::Waiting,
            // It has not waited for anything but a thread.
            Point::Queued if kind.is_limited => TaskState::Waiting,
            _ => TaskState::Running,
        };
        assert_eq!(listed[0].state(), state, "{case}");
    }
    if point == Point::Ended {
        // It leaves its scope before that.
        until(|| task.is_finished());
    } else if !is_meanwhile {
        assert!(!task.is_finished(), "{case}");
    }
    match act {
        Act::Abort => task.abort(),
        Act::Shutdown => {
            let report = shut_down(&scope, runs_on_a_thread.then_some(&*go));
            *reports.lock().unwrap() = Some(report);
        }
        _ => {}
    }
    // The task that has waited is over: it was aborted, and not the function.
    let missed = act == Act::AbortMeanwhile && kind.is_limited && point == Point::Queued;
    let finishes = act == Act::Nothing || point == Point::Ended || runs_on_a_thread || missed;
    if finishes {
        go.notify_one();
    }
    drop(release);
    let_go.notify_one();
    let ended = runtime.block_on(tokio::time::timeout(Duration::from_secs(60), task));
    let ended = ended.unwrap_or_else(|_| panic!("{case}: it hangs"));
    assert_eq!(ended.is_ok(), finishes, "{case}: {ended:?}");
    if let Err(error) = ended {
        assert!(error.is_cancelled() && error.id() == id, "{case}: {error}");
    }
    runtime.block_on(async {
        scope.wait().await;
        if let Some(task) = holds_pool {
            task.await.unwrap();
        }
        if let Some((_late, task)) = holds_permit {
            task.await.unwrap();
        }
    });

    let first = reports.lock().unwrap().take();
    let was_shut_down = first.is_some();
    let report = first.unwrap_or_else(|| shut_down(&scope, None));
    assert_eq!(accounted(&report), 1, "{case}: {report}");
    let ending = match (finishes, was_shut_down) {
        (true, _) => TaskEnding::Finished,
        (false, true) => TaskEnding::Aborted,
        (false, false) => TaskEnding::Cancelled,
    };
    match ending {
        TaskEnding::Finished => assert_eq!(report.finished, 1, "{case}: {report}"),
        // tokio drops it when a thread comes to it.
        TaskEnding::Aborted if point == Point::Queued => {
            assert_eq!(ids(&report.still_running), [id], "{case}: {report}");
        }
        TaskEnding::Aborted => assert_eq!(ids(&report.aborted), [id], "{case}: {report}"),
        _ => assert_eq!(report.cancelled, 1, "{case}: {report}"),
    }
    let has_begun = finishes || point == Point::Begun;
    let before = if has_begun { 2 } else { 1 };
    let mut expected = vec![(id, None); before];
    expected.push((id, Some(ending)));
    assert_eq!(*told.0.lock().unwrap(), expected, "{case}");
}

#[test]
fn a_task_is_the_same_one_to_all_however_late_its_spawner_returns() {
    use Act::*;
    use Point::*;

    // A kind has one thread, since the limit of its function is one.
    thread::scope(|threads| {
        for kind in KINDS {
            threads.spawn(move || {
                for limit in [None, Some(2)] {
                    for point in [Waits, Queued, Begun, Ended] {
                        for act in [Nothing, Abort, Shutdown, AbortMeanwhile, ShutdownMeanwhile] {
                            let is_shut_down = matches!(act, Shutdown | ShutdownMeanwhile);
                            // A shutdown waits for it for a second.
                            let is_slow = point == Queued && is_shut_down && limit.is_some();
                            if kind.has(point) && !is_slow {
                                check(kind, limit, point, act);
                            }
                        }
                    }
                }
            });
        }
    });
}
