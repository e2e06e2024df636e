//! Random sequences of what users do with a scope and its children, up to the shutdown of the first.
//!
//! Each handle resolves. Each task is dropped once. The report counts each admitted task once, under what happened to
//! it. Nothing is admitted afterwards.

use std::{future::pending, time::Duration};

use spawn_runtime::{CancellationToken, TaskHandle, TaskScope, background};

use crate::support::{
    Drops, Failures, PanicsOnDrop, Random, Witness, check_random_steps, hide_expected_panics,
    leaked, scale,
};

#[derive(Clone, Copy, Debug)]
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

impl Kind {
    const ALL: [Kind; 8] = [
        Kind::Ends,
        Kind::EndsLater,
        Kind::Fails,
        Kind::Panics,
        Kind::PanicsWhenDropped,
        Kind::TimesOut,
        Kind::Listens,
        Kind::Deaf,
    ];
}

fn step(random: &mut Random) -> Step {
    let mut any = || random.index(64);
    let (scope, task, kind) = (any(), any(), any());
    random.weighted(&[
        (
            6,
            Step::Spawn {
                scope,
                task: Kind::ALL[kind % Kind::ALL.len()],
            },
        ),
        (1, Step::Child { of: scope }),
        (1, Step::CancelScope { scope }),
        (1, Step::CancelTask { task }),
        (1, Step::Abort { task }),
        (1, Step::Await),
        (1, Step::Let { task }),
        (2, Step::Turn),
    ])
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
        Kind::Panics => panic!("as told"),
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

async fn run(steps: &[Step], grace: Duration) {
    let root = TaskScope::new();
    // Leaked, so that a task can name its scope without keeping it alive.
    let mut scopes: Vec<&'static TaskScope> = vec![leaked(root.clone())];
    let mut handles = Vec::new();
    let (mut ends, mut unseen) = (Ends::default(), 0);
    let drops = Drops::default();
    for step in steps {
        match *step {
            Step::Spawn { scope, task: kind } => {
                let (scope, witness) = (scopes[scope % scopes.len()], drops.witness());
                handles.push(match kind {
                    Kind::TimesOut => task_with_a_timeout(scope, witness),
                    _ => task(scope, kind, witness),
                });
            }
            Step::Child { of } => {
                let child = scopes[of % scopes.len()].child();
                scopes.push(leaked(child));
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
        assert!(live <= drops.given());
    }

    let spawned = drops.given();
    let report = root.shutdown(grace).await;
    assert!(report.still_running.is_empty(), "{report}");
    assert_eq!(root.len(), 0);
    assert_eq!(
        drops.count(),
        spawned,
        "each dropped once, before the shutdown returned"
    );
    let late = task(scopes[scopes.len() - 1], Kind::Ends, drops.witness());
    assert!(late.await.unwrap_err().is_refused());
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

#[test]
fn every_task_is_accounted_for_in_whatever_order_things_happen() {
    let _failures = Failures::listen();
    hide_expected_panics();
    for grace in [0, 2, 50] {
        check_random_steps(70 * scale(), 80, step, |steps| {
            tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap()
                .block_on(run(steps, Duration::from_millis(grace)));
        });
    }
}
