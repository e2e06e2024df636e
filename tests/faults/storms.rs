//! Everything at once: tasks of each kind, in a tree of scopes, with callers of `shutdown` that come and go and with
//! spawners that go on meanwhile. What a report says is compared with what the tasks themselves have counted, and with
//! what an observer was told.

use std::{
    collections::{HashMap, HashSet},
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use spawn_runtime::{
    CancellationToken, ShutdownReport, Spawn, Task, TaskEnding, TaskErrorKind, TaskHandle,
    TaskInfo, TaskObserver, TaskScope, background,
};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::{Id, JoinHandle, yield_now},
};

use crate::support::{Failures, Random, accounted, hide_expected_panics, scale};

/// What is known of each task of a storm, from the task itself.
struct Ledger {
    next: AtomicUsize,
    states: Vec<AtomicU8>,
    /// The shutdown has returned.
    over: AtomicBool,
    polled_after: AtomicUsize,
    dropped_twice: AtomicUsize,
    finished: AtomicUsize,
    failed: AtomicUsize,
    panicked: AtomicUsize,
    /// Failures that no handle receives.
    unheard: AtomicUsize,
    /// Of them, those of async tasks whose handle was dropped before.
    dropped_before: AtomicUsize,
    /// Those of tasks with the option `detach`.
    detached: AtomicUsize,
}

const NEW: u8 = 0;
const POLLED: u8 = 1;
const DROPPED: u8 = 2;

impl Ledger {
    fn new(room: usize) -> Arc<Self> {
        Arc::new(Ledger {
            next: AtomicUsize::new(0),
            states: (0..room).map(|_| AtomicU8::new(NEW)).collect(),
            over: AtomicBool::new(false),
            polled_after: AtomicUsize::new(0),
            dropped_twice: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            panicked: AtomicUsize::new(0),
            unheard: AtomicUsize::new(0),
            dropped_before: AtomicUsize::new(0),
            detached: AtomicUsize::new(0),
        })
    }

    fn ticket(self: &Arc<Self>) -> Ticket {
        Ticket {
            ledger: self.clone(),
            number: self.next.fetch_add(1, SeqCst),
        }
    }

    fn given(&self) -> usize {
        self.next.load(SeqCst)
    }

    fn states(&self) -> Vec<u8> {
        let states = self.states[..self.given()].iter();
        states.map(|state| state.load(SeqCst)).collect()
    }
}

/// Counts what it is told.
#[derive(Default)]
struct Observed {
    spawned: AtomicUsize,
    started: AtomicUsize,
    ended: Mutex<HashMap<TaskEnding, usize>>,
    refused: Mutex<HashSet<Id>>,
}

impl Observed {
    fn ended(&self, ending: TaskEnding) -> usize {
        let ended = self.ended.lock().unwrap();
        ended.get(&ending).copied().unwrap_or_default()
    }

    fn all_ended(&self) -> usize {
        self.ended.lock().unwrap().values().sum()
    }
}

struct Observer(Arc<Observed>);

impl TaskObserver for Observer {
    fn spawned(&self, _: &TaskInfo) {
        self.0.spawned.fetch_add(1, SeqCst);
    }

    fn started(&self, _: &TaskInfo) {
        self.0.started.fetch_add(1, SeqCst);
    }

    fn ended(&self, task: &TaskInfo, ending: TaskEnding) {
        *self.0.ended.lock().unwrap().entry(ending).or_default() += 1;
        if ending == TaskEnding::Refused {
            self.0.refused.lock().unwrap().insert(task.id());
        }
    }
}

/// Goes into a task's body, and is dropped with it.
struct Ticket {
    ledger: Arc<Ledger>,
    number: usize,
}

impl Ticket {
    /// The body runs.
    fn is_polled(&self) {
        self.ledger.states[self.number].store(POLLED, SeqCst);
        if self.ledger.over.load(SeqCst) {
            self.ledger.polled_after.fetch_add(1, SeqCst);
        }
    }

    fn finishes(&self) {
        self.is_polled();
        self.ledger.finished.fetch_add(1, SeqCst);
    }

    fn fails<T>(&self, fate: Fate) -> Result<T, String> {
        self.is_polled();
        self.ledger.failed.fetch_add(1, SeqCst);
        self.tell(fate);
        Err("as told".to_owned())
    }

    fn panics(&self, fate: Fate) {
        self.is_polled();
        self.ledger.panicked.fetch_add(1, SeqCst);
        self.tell(fate);
        panic!("as told");
    }

    fn tell(&self, fate: Fate) {
        match fate {
            Fate::Awaited => {}
            Fate::Dropped | Fate::Kept => {
                self.ledger.unheard.fetch_add(1, SeqCst);
            }
            Fate::Detached => {
                self.ledger.detached.fetch_add(1, SeqCst);
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.ledger.states[self.number].swap(DROPPED, SeqCst) == DROPPED {
            self.ledger.dropped_twice.fetch_add(1, SeqCst);
        }
    }
}

/// What happens to a handle.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Dropped,
    /// Until everything is over.
    Kept,
    Awaited,
    Detached,
}

#[background(on = scope, blocking, limit = 16)]
fn storm_queued(scope: TaskScope, ticket: Ticket) {
    ticket.finishes();
}

#[background(on = scope, blocking, limit = 4)]
fn storm_queued_fails(scope: TaskScope, ticket: Ticket, fate: Fate) -> Result<(), String> {
    ticket.fails(fate)
}

#[background(on = scope, blocking)]
fn storm_blocking(scope: TaskScope, ticket: Ticket) {
    ticket.finishes();
}

#[background(on = through, blocking)]
fn storm_through(through: Through, ticket: Ticket) {
    ticket.finishes();
}

#[background(on = through, blocking, limit = 8)]
fn storm_queued_through(through: Through, ticket: Ticket) {
    ticket.finishes();
}

#[background(on = scope)]
async fn storm_polite(scope: TaskScope, ticket: Ticket, #[cancel] token: CancellationToken) {
    ticket.is_polled();
    token.cancelled().await;
    ticket.finishes();
}

/// Its handle was dropped long before.
#[background(on = scope)]
async fn storm_fails_at_the_end(
    scope: TaskScope,
    ticket: Ticket,
    #[cancel] token: CancellationToken,
) -> Result<(), String> {
    ticket.is_polled();
    token.cancelled().await;
    ticket.ledger.dropped_before.fetch_add(1, SeqCst);
    ticket.fails(Fate::Dropped)
}

#[background(on = scope, detach)]
async fn storm_detached(
    scope: TaskScope,
    ticket: Ticket,
    #[cancel] token: CancellationToken,
) -> Result<(), String> {
    ticket.is_polled();
    token.cancelled().await;
    ticket.fails(Fate::Detached)
}

#[background(on = scope, limit = 32)]
async fn storm_fails(scope: TaskScope, ticket: Ticket, fate: Fate) -> Result<(), String> {
    ticket.is_polled();
    yield_now().await;
    ticket.fails(fate)
}

#[background(on = scope)]
async fn storm_panics(scope: TaskScope, ticket: Ticket, fate: Fate) {
    ticket.is_polled();
    yield_now().await;
    ticket.panics(fate);
}

#[background(on = scope)]
async fn storm_parked(scope: TaskScope, ticket: Ticket) {
    ticket.is_polled();
    pending().await
}

#[background(on = scope)]
async fn storm_quick(scope: TaskScope, ticket: Ticket, yields: u64) {
    for _ in 0..yields {
        ticket.is_polled();
        yield_now().await;
    }
    ticket.finishes();
}

#[background(on = scope)]
async fn storm_shuts_down(scope: TaskScope, ticket: Ticket) {
    ticket.is_polled();
    scope.shutdown(Duration::from_secs(3_600)).await;
    unreachable!("it waits for its own end");
}

const NAMES: [&str; 13] = [
    "storm_queued",
    "storm_queued_fails",
    "storm_blocking",
    "storm_through",
    "storm_queued_through",
    "storm_polite",
    "storm_fails_at_the_end",
    "storm_detached",
    "storm_fails",
    "storm_panics",
    "storm_parked",
    "storm_quick",
    "storm_shuts_down",
];

/// How many failures the hook was told of that come before a task leaves, or right after it.
fn told_early(failures: &Failures) -> usize {
    ["storm_detached", "storm_fails_at_the_end"]
        .iter()
        .flat_map(|name| failures.texts_of(name))
        .filter(|text| text.contains("as told"))
        .count()
}

/// How many failures the hook was told of: of tasks that ran, and of those that were refused.
fn told(failures: &Failures) -> (usize, usize) {
    let (mut failed, mut refused) = (0, 0);
    for name in NAMES {
        for text in failures.texts_of(name) {
            match text.contains("as told") {
                true => failed += 1,
                false => refused += 1,
            }
        }
    }
    (failed, refused)
}

/// Gives blocking functions to a scope, each within a closure of its own.
#[derive(Clone)]
struct Through(TaskScope);

impl Spawn for Through {
    type Owned = Through;

    fn spawner(&self) -> Through {
        self.clone()
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        Spawn::spawn(&self.0, task)
    }

    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        Spawn::spawn_blocking(&self.0, move || {
            thread::yield_now();
            function()
        })
    }
}

/// What became of the handles that were awaited or kept.
#[derive(Clone, Default)]
struct Heard {
    refused: Arc<AtomicUsize>,
    /// Failures, but for refusals.
    failed: Arc<AtomicUsize>,
}

impl Heard {
    fn of(&self, ended: Result<(), TaskErrorKind>) {
        match ended {
            Ok(()) | Err(TaskErrorKind::Cancelled) => {}
            Err(TaskErrorKind::Refused) => {
                self.refused.fetch_add(1, SeqCst);
            }
            Err(TaskErrorKind::Panicked) => {
                self.failed.fetch_add(1, SeqCst);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// Handles that wait for the end of the storm.
type Kept = Vec<Box<dyn std::any::Any + Send>>;

/// Spawns tasks of all kinds.
struct Spawner {
    ledger: Arc<Ledger>,
    heard: Heard,
    random: Random,
    kept: Kept,
    /// Tasks that await others.
    awaiting: Vec<JoinHandle<()>>,
}

impl Spawner {
    fn new(ledger: &Arc<Ledger>, heard: &Heard, seed: u64) -> Self {
        Spawner {
            ledger: ledger.clone(),
            heard: heard.clone(),
            random: Random(seed),
            kept: Vec::new(),
            awaiting: Vec::new(),
        }
    }

    fn fate(&mut self) -> Fate {
        [Fate::Dropped, Fate::Kept, Fate::Awaited][self.random.index(3)]
    }

    /// What may be dropped, kept or awaited.
    fn seal<T: Send + 'static>(
        &mut self,
        handle: TaskHandle<T>,
        fate: Fate,
        is_failure: fn(&T) -> bool,
    ) {
        match fate {
            Fate::Dropped => drop(handle),
            Fate::Kept => self.kept.push(Box::new(handle)),
            Fate::Awaited => {
                let heard = self.heard.clone();
                self.awaiting.push(tokio::spawn(async move {
                    match handle.await {
                        Ok(value) if is_failure(&value) => {
                            heard.failed.fetch_add(1, SeqCst);
                        }
                        Ok(_) => {}
                        Err(error) => heard.of(Err(error.kind())),
                    }
                }));
            }
            Fate::Detached => unreachable!("has no handle"),
        }
    }

    fn spawn_one(&mut self, scope: &TaskScope) {
        let (scope, ticket, fate) = (scope.clone(), self.ledger.ticket(), self.fate());
        let yields = self.random.below(4);
        let never = |_: &()| false;
        match self.random.below(24) {
            0 | 1 => self.seal(storm_queued(scope, ticket), fate, never),
            2 => self.seal(
                storm_queued_fails(scope, ticket, fate),
                fate,
                Result::is_err,
            ),
            3 => self.seal(storm_blocking(scope, ticket), fate, never),
            4 => self.seal(storm_through(Through(scope), ticket), fate, never),
            5 => self.seal(storm_queued_through(Through(scope), ticket), fate, never),
            6 => self.seal(storm_polite(scope, ticket), fate, never),
            7 | 8 => drop(storm_fails_at_the_end(scope, ticket)),
            9 => storm_detached(scope, ticket),
            10 | 11 => self.seal(storm_fails(scope, ticket, fate), fate, Result::is_err),
            12 => self.seal(storm_panics(scope, ticket, fate), fate, never),
            // An abort from elsewhere.
            13 => {
                let handle = storm_parked(scope, ticket);
                handle.abort();
                self.seal(handle, fate, |()| false);
            }
            14 | 15 => self.seal(storm_parked(scope, ticket), fate, |()| false),
            _ => self.seal(storm_quick(scope, ticket, yields), fate, never),
        }
    }
}

struct Size {
    /// Tasks that never end, in one shard of the root.
    parked: usize,
    /// Tasks of all kinds, before the shutdown.
    before: usize,
    /// The same of each of three spawners, during the shutdown.
    during: usize,
}

fn storm_runtime(workers: usize) -> Runtime {
    let mut builder = match workers {
        0 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder
        .worker_threads(workers.max(1))
        // So that what has handed over has to wait.
        .max_blocking_threads(4)
        .enable_all()
        .build()
        .unwrap()
}

/// The scopes of the tree that may be closed by a failure.
const END_EARLY: [usize; 2] = [3, 4];

/// A tree of scopes, the root first: some have a limit, and one ends with its first failure.
fn tree(observed: &Arc<Observed>) -> Vec<TaskScope> {
    let root = TaskScope::builder()
        .observer(Observer(observed.clone()))
        .build();
    let mut scopes = vec![root.clone()];
    for number in 0..4 {
        let child = root.child_builder();
        let child = match number {
            0 => child.limit(4).build(),
            1 => child.fail_fast().build(),
            _ => child.build(),
        };
        let grandchild = child.child_builder();
        scopes.push(match number {
            2 => grandchild.limit(1).build(),
            _ => grandchild.build(),
        });
        scopes.push(child);
    }
    scopes
}

/// Calls for the shutdown, from wherever; those that are not dropped return the report.
fn call_for_shutdown(root: &TaskScope, grace: Duration) -> Vec<JoinHandle<Option<String>>> {
    let patience = [None, Some(0), Some(1), Some(3), None];
    let calls = patience.into_iter().map(|patience| {
        let root = root.clone();
        tokio::spawn(async move {
            let shutdown = root.shutdown(grace);
            match patience {
                None => Some(shutdown.await.to_string()),
                // Dropped midway.
                Some(milliseconds) => {
                    let patience = Duration::from_millis(milliseconds);
                    let report = tokio::time::timeout(patience, shutdown).await.ok();
                    report.map(|report| report.to_string())
                }
            }
        })
    });
    calls.collect()
}

async fn storm(size: &Size, grace: Duration, seed: u64, workers: usize) {
    let failures = Failures::listen();
    let (told_before, told_early_before) = (told(&failures), told_early(&failures));
    let ledger = Ledger::new(size.parked + size.before + 3 * size.during + 1);
    let (heard, observed) = (Heard::default(), Arc::new(Observed::default()));
    let scopes = tree(&observed);
    let root = scopes[0].clone();

    let mut first = Spawner::new(&ledger, &heard, seed);
    for _ in 0..size.parked {
        storm_parked(root.clone(), ledger.ticket()).detach();
    }
    storm_shuts_down(root.child(), ledger.ticket()).detach();
    let mut admitted: Vec<usize> = (0..ledger.given()).collect();
    for _ in 0..size.before {
        let scope = first.random.index(scopes.len());
        if !END_EARLY.contains(&scope) {
            admitted.push(ledger.given());
        }
        first.spawn_one(&scopes[scope]);
    }

    let spawners: Vec<_> = (1..=3)
        .map(|number| {
            let mut spawner = Spawner::new(&ledger, &heard, seed.wrapping_mul(31) + number);
            let (scopes, during) = (scopes.clone(), size.during);
            tokio::spawn(async move {
                for _ in 0..during {
                    let scope = spawner.random.index(scopes.len());
                    spawner.spawn_one(&scopes[scope]);
                    if spawner.random.below(8) == 0 {
                        yield_now().await;
                    }
                }
                spawner
            })
        })
        .collect();

    let calls = call_for_shutdown(&root, grace);
    let from_a_thread = {
        let (root, runtime) = (root.clone(), Handle::current());
        // A current-thread runtime is driven by this very future.
        (workers > 0).then(|| {
            thread::spawn(move || {
                runtime.block_on(async { root.shutdown(grace).await.to_string() })
            })
        })
    };
    let report = root.shutdown(grace).await;
    let told_early = told_early(&failures) - told_early_before;
    let states = ledger.states();
    ledger.over.store(true, SeqCst);

    let mut reports = vec![];
    for call in calls {
        reports.extend(call.await.unwrap());
    }
    if let Some(thread) = from_a_thread {
        reports.push(
            tokio::task::spawn_blocking(|| thread.join().unwrap())
                .await
                .unwrap(),
        );
    }
    assert!(reports.iter().all(|other| *other == report.to_string()));
    let mut kept = std::mem::take(&mut first.kept);
    let mut awaiting = std::mem::take(&mut first.awaiting);
    for spawner in spawners {
        let spawner = spawner.await.unwrap();
        kept.extend(spawner.kept);
        awaiting.extend(spawner.awaiting);
    }
    for awaiting in awaiting {
        awaiting.await.unwrap();
    }
    let end = End {
        ledger,
        heard,
        observed,
        report,
        admitted,
        states,
        told_before,
        told_early,
    };
    // The last refused ones, and what dropped handles have to tell.
    drop(kept);
    root.wait().await;
    end.check_when_told(&failures).await;
    assert!(root.is_empty() && root.tasks().is_empty());
}

struct End {
    ledger: Arc<Ledger>,
    heard: Heard,
    observed: Arc<Observed>,
    report: ShutdownReport,
    /// The tasks of before the shutdown, in scopes that were not closed.
    admitted: Vec<usize>,
    /// When it returned.
    states: Vec<u8>,
    told_before: (usize, usize),
    /// When it returned, too.
    told_early: usize,
}

impl End {
    async fn check_when_told(&self, failures: &Failures) {
        let Ledger {
            unheard, detached, ..
        } = &*self.ledger;
        let expected = self.told_before.0 + unheard.load(SeqCst) + detached.load(SeqCst);
        // Right after the task, or right after a refused one was dropped.
        for _ in 0..10_000 {
            let states = self.ledger.states();
            let dropped = states.iter().all(|state| *state == DROPPED);
            let (failed, refused) = told(failures);
            let refused = self.heard.refused.load(SeqCst) + refused - self.told_before.1;
            let all = accounted(&self.report) + refused >= states.len();
            let ended = self.observed.all_ended() == states.len();
            if failed >= expected && dropped && all && ended {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let told = told(failures);
        assert_eq!(told.0, expected, "each failure is told exactly once");
        self.check(told.1 - self.told_before.1);
    }

    fn check(&self, refusals_told: usize) {
        let (ledger, report) = (&*self.ledger, &self.report);
        let states = ledger.states();
        assert!(states.iter().all(|state| *state == DROPPED));
        assert_eq!(ledger.dropped_twice.load(SeqCst), 0);
        // What still ran when the shutdown gave up may end in any way.
        let running = report.still_running.len();
        let about = |counted: usize, is: &AtomicUsize| {
            let is = is.load(SeqCst);
            assert!(
                (counted..=counted + running).contains(&is),
                "{is}: {report}"
            );
        };
        about(report.finished, &ledger.finished);
        about(report.failed, &ledger.failed);
        about(report.panicked, &ledger.panicked);
        let refused = self.heard.refused.load(SeqCst) + refusals_told;
        // One that still waited for a slot is refused after the report.
        let observed = self.observed.refused.lock().unwrap();
        let still_running = report.still_running.iter();
        let twice = still_running
            .filter(|task| observed.contains(&task.id()))
            .count();
        drop(observed);
        let all = accounted(report) + refused - twice;
        assert_eq!(all, states.len(), "{report}");
        self.check_observed(refused);
        assert!(report.refused <= refused, "{report}");
        assert_eq!(report.timed_out, 0);
        let failed = ledger.failed.load(SeqCst) + ledger.panicked.load(SeqCst);
        let heard = self.heard.failed.load(SeqCst);
        let unheard = ledger.unheard.load(SeqCst) + ledger.detached.load(SeqCst);
        assert_eq!(heard + unheard, failed);

        assert!(ledger.polled_after.load(SeqCst) <= running, "{report}");
        let was_alive = |state: &&u8| **state != DROPPED;
        let admitted = self.admitted.iter().map(|number| &self.states[*number]);
        let alive = admitted.filter(was_alive).count();
        assert!(alive <= running, "{alive} left: {report}");
        // Of those that came later, the ones that were refused may be dropped later.
        let polled = self.states.iter().filter(|state| **state == POLLED).count();
        assert!(polled <= running, "{polled} left: {report}");
        assert_eq!(
            report.first_failure.is_some(),
            report.failed + report.panicked > 0
        );
        let early = ledger.detached.load(SeqCst) + ledger.dropped_before.load(SeqCst);
        assert!(
            self.told_early + running >= early,
            "{} of {early}: {report}",
            self.told_early
        );
    }
}

impl End {
    /// The observer's counts are the report's.
    fn check_observed(&self, refused: usize) {
        let (observed, report) = (&*self.observed, &self.report);
        let all = self.ledger.given();
        assert_eq!(
            (observed.spawned.load(SeqCst), observed.all_ended()),
            (all, all)
        );
        let running = report.still_running.len();
        for (ending, counted) in [
            (TaskEnding::Finished, report.finished),
            (TaskEnding::Failed, report.failed),
            (TaskEnding::Panicked, report.panicked),
            (TaskEnding::TimedOut, report.timed_out),
            (TaskEnding::Cancelled, report.cancelled),
            (TaskEnding::Aborted, report.aborted.len()),
        ] {
            let told = observed.ended(ending);
            assert!(
                (counted..=counted + running).contains(&told),
                "{told} {ending:?}: {report}"
            );
        }
        assert_eq!(observed.ended(TaskEnding::Refused), refused, "{report}");
        let began = [
            TaskEnding::Finished,
            TaskEnding::Failed,
            TaskEnding::Panicked,
        ];
        let began: usize = began.map(|ending| observed.ended(ending)).iter().sum();
        let started = observed.started.load(SeqCst);
        assert!((began..=all - refused).contains(&started), "{started}");
    }
}

fn storms(size: &Size, rounds: u64) {
    hide_expected_panics();
    for round in 0..rounds {
        for workers in [0, 1, 2, 4, 16] {
            let runtime = storm_runtime(workers);
            let grace = [Duration::ZERO, Duration::from_millis(5)][round as usize % 2];
            runtime.block_on(storm(size, grace, round * 1_000 + workers as u64, workers));
            runtime.shutdown_timeout(Duration::from_secs(60));
        }
    }
}

// More than a shard keeps, lists and aborts at a time.
#[test]
fn every_task_of_a_storm_ends_once_and_is_counted_where_it_ended() {
    let size = Size {
        parked: 1_500,
        before: 400 * scale(),
        during: 150 * scale(),
    };
    storms(&size, 2 * scale() as u64);
}
