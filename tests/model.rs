//! Random sequences of what users do with a scope, against a model of a few lines.
//!
//! Whatever is done, in whatever order: each handle resolves, each task is dropped once, the report
//! counts each admitted task once and under what happened to it, and nothing is admitted afterwards.

use std::{
    future::pending,
    sync::{
        Arc, Once,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use proptest::{collection::vec, prelude::*};
use spawn_runtime::{CancellationToken, TaskHandle, TaskScope, background};

#[derive(Clone, Debug)]
enum Step {
    Spawn { scope: usize, task: Kind },
    Child { of: usize },
    CancelScope { scope: usize },
    CancelTask { task: usize },
    Abort { task: usize },
    Await,
    Let { task: usize },
    Turn,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Ends,
    EndsLater,
    Fails,
    Panics,
    PanicsWhenDropped,
    TimesOut,
    Listens,
    Deaf,
}

fn kind() -> impl Strategy<Value = Kind> {
    use Kind::*;
    prop::sample::select(vec![
        Ends,
        EndsLater,
        Fails,
        Panics,
        PanicsWhenDropped,
        TimesOut,
        Listens,
        Deaf,
    ])
}

fn step() -> impl Strategy<Value = Step> {
    let any = 0_usize..64;
    prop_oneof![
        6 => (any.clone(), kind()).prop_map(|(scope, task)| Step::Spawn { scope, task }),
        1 => any.clone().prop_map(|of| Step::Child { of }),
        1 => any.clone().prop_map(|scope| Step::CancelScope { scope }),
        1 => any.clone().prop_map(|task| Step::CancelTask { task }),
        1 => any.clone().prop_map(|task| Step::Abort { task }),
        1 => Just(Step::Await),
        1 => any.prop_map(|task| Step::Let { task }),
        2 => Just(Step::Turn),
    ]
}

/// Counts how often it is dropped.
struct Witness(Arc<AtomicUsize>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[background(on = scope)]
async fn task(
    scope: &'static TaskScope,
    kind: Kind,
    _witness: Witness,
    #[cancel] token: CancellationToken,
) -> Result<(), String> {
    match kind {
        Kind::Ends => {}
        Kind::EndsLater => tokio::time::sleep(Duration::from_millis(5)).await,
        Kind::Fails => return Err("failed".to_owned()),
        Kind::Panics => panic!("panicked"),
        Kind::PanicsWhenDropped => {
            let _guard = PanicsOnDrop;
            pending::<()>().await;
        }
        Kind::TimesOut | Kind::Deaf => pending().await,
        Kind::Listens => token.cancelled().await,
    }
    Ok(())
}

#[background(on = scope, timeout = "3ms")]
async fn task_with_a_timeout(scope: &'static TaskScope, _witness: Witness) -> Result<(), String> {
    pending().await
}

/// How a task ended, as its handle says.
#[derive(Default, Debug, PartialEq)]
struct Ends {
    finished: usize,
    failed: usize,
    panicked: usize,
    timed_out: usize,
    cancelled: usize,
}

impl Ends {
    async fn add(&mut self, handle: TaskHandle<Result<(), String>>) {
        match handle.await {
            Ok(Ok(())) => self.finished += 1,
            Ok(Err(_)) => self.failed += 1,
            Err(error) if error.is_panic() => self.panicked += 1,
            Err(error) if error.is_timeout() => self.timed_out += 1,
            Err(_) => self.cancelled += 1,
        }
    }

    fn all(&self) -> usize {
        self.finished + self.failed + self.panicked + self.timed_out + self.cancelled
    }
}

async fn run(steps: Vec<Step>, grace: Duration) {
    let root = TaskScope::new();
    // Leaked, so that a task can name its scope without keeping it alive.
    let mut scopes: Vec<&'static TaskScope> = vec![Box::leak(Box::new(root.clone()))];
    let mut handles = Vec::new();
    let (mut ends, mut unseen) = (Ends::default(), 0);
    let drops = Arc::new(AtomicUsize::new(0));
    let mut spawned = 0;
    for step in steps {
        match step {
            Step::Spawn { scope, task: kind } => {
                let (scope, witness) = (scopes[scope % scopes.len()], Witness(drops.clone()));
                handles.push(match kind {
                    Kind::TimesOut => task_with_a_timeout(scope, witness),
                    _ => task(scope, kind, witness),
                });
                spawned += 1;
            }
            Step::Child { of } => {
                let child = scopes[of % scopes.len()].child();
                scopes.push(Box::leak(Box::new(child)));
            }
            Step::CancelScope { scope } => scopes[scope % scopes.len()].cancel(),
            Step::CancelTask { task } => on(&handles, task, TaskHandle::cancel),
            Step::Abort { task } => on(&handles, task, TaskHandle::abort),
            Step::Await => {
                if let Some(index) = handles.iter().position(TaskHandle::is_finished) {
                    ends.add(handles.remove(index)).await;
                }
            }
            Step::Let { task } if !handles.is_empty() => {
                let index = task % handles.len();
                handles.remove(index).detach();
                unseen += 1;
            }
            Step::Let { .. } => {}
            Step::Turn => tokio::time::sleep(Duration::from_millis(1)).await,
        }
        let live = root.len();
        assert_eq!(root.tasks().len(), live);
        assert!(live <= spawned);
    }

    let report = root.shutdown(grace).await;
    assert!(report.still_running.is_empty(), "{report}");
    assert_eq!(root.len(), 0);
    assert_eq!(
        drops.load(SeqCst),
        spawned,
        "each dropped once, before the shutdown returned"
    );
    let late = task(scopes[scopes.len() - 1], Kind::Ends, Witness(drops.clone()));
    assert!(late.await.unwrap_err().is_cancelled());
    for handle in handles {
        ends.add(handle).await;
    }
    let cancelled = report.cancelled + report.aborted.len();
    let reported = Ends {
        finished: report.finished,
        failed: report.failed,
        panicked: report.panicked,
        timed_out: report.timed_out,
        cancelled,
    };
    assert_eq!(reported.all(), spawned, "{report}");
    assert_eq!(ends.all() + unseen, spawned);
    if unseen == 0 {
        assert_eq!(reported, ends, "{report}");
    }
}

fn on(
    handles: &[TaskHandle<Result<(), String>>],
    index: usize,
    act: fn(&TaskHandle<Result<(), String>>),
) {
    if !handles.is_empty() {
        act(&handles[index % handles.len()]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("MODEL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(200),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_done_every_task_is_accounted_for(
        steps in vec(step(), 0..80),
        grace in prop::sample::select(vec![0, 2, 50]),
    ) {
        spawn_runtime::set_failure_hook(|_| {});
        static QUIET: Once = Once::new();
        QUIET.call_once(|| {
            let loud = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                // Those of the tasks are part of the game.
                let payload = panic.payload().downcast_ref::<&str>();
                if !matches!(payload, Some(&("panicked" | "dropped"))) {
                    loud(panic);
                }
            }));
        });
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(run(steps, Duration::from_millis(grace)));
    }
}
