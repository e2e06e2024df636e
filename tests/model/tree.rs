//! A tree of scopes. After each step the model knows which tasks are in which scope, and what the shutdown of any scope
//! reports. (`one_scope` looks only at the end of one scope, but with timeouts.)

use std::{future::pending, time::Duration};

use spawn_runtime::{
    CancellationToken, ShutdownReport, TaskErrorKind, TaskHandle, TaskScope, background,
};

use crate::support::{
    Failures, PanicsOnDrop, Random, check_random_steps, hide_expected_panics, scale, settle,
};

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Quick,
    Panics,
    Fails,
    Deaf,
    Listens,
    /// Deaf, and its destructor panics.
    Bomb,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Spawn { scope: usize, kind: Kind },
    Child { scope: usize },
    CancelTask { task: usize },
    AbortTask { task: usize },
    DropHandle { task: usize },
    CancelScope { scope: usize },
    DropScope { scope: usize },
    ShutDown { scope: usize, grace: bool },
}

fn step(random: &mut Random) -> Step {
    let kind = random.weighted(&[
        (1, Kind::Quick),
        (1, Kind::Panics),
        (1, Kind::Fails),
        (3, Kind::Deaf),
        (3, Kind::Listens),
        (1, Kind::Bomb),
    ]);
    let mut any = || random.index(1_000);
    let (scope, task, grace) = (any(), any(), any() % 2 == 0);
    random.weighted(&[
        (12, Step::Spawn { scope, kind }),
        (4, Step::Child { scope }),
        (2, Step::CancelTask { task }),
        (2, Step::AbortTask { task }),
        (2, Step::DropHandle { task }),
        (1, Step::CancelScope { scope }),
        (1, Step::DropScope { scope }),
        (1, Step::ShutDown { scope, grace }),
    ])
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Finished,
    Failed,
    Panicked,
    Cancelled,
    /// Cancelled, and never in the scope.
    Refused,
}

struct ModelScope {
    parent: Option<usize>,
    closed: bool,
    cancelled: bool,
}

struct ModelTask {
    scope: usize,
    kind: Kind,
    end: Option<End>,
}

#[derive(Default)]
struct Model {
    scopes: Vec<ModelScope>,
    tasks: Vec<ModelTask>,
}

impl Model {
    fn child(&mut self, parent: Option<usize>) {
        let above = parent.map(|parent| &self.scopes[parent]);
        let child = ModelScope {
            parent,
            closed: above.is_some_and(|above| above.closed),
            cancelled: above.is_some_and(|above| above.cancelled),
        };
        self.scopes.push(child);
    }

    fn is_within(&self, scope: usize, ancestor: usize) -> bool {
        scope == ancestor
            || self.scopes[scope]
                .parent
                .is_some_and(|parent| self.is_within(parent, ancestor))
    }

    fn spawn(&mut self, scope: usize, kind: Kind) {
        let end = match kind {
            _ if self.scopes[scope].closed => Some(End::Refused),
            Kind::Quick => Some(End::Finished),
            Kind::Panics => Some(End::Panicked),
            Kind::Fails => Some(End::Failed),
            Kind::Listens if self.scopes[scope].cancelled => Some(End::Finished),
            Kind::Listens | Kind::Deaf | Kind::Bomb => None,
        };
        self.tasks.push(ModelTask { scope, kind, end });
    }

    fn abort(&mut self, task: usize) {
        let task = &mut self.tasks[task];
        task.end.get_or_insert(match task.kind {
            Kind::Bomb => End::Panicked,
            _ => End::Cancelled,
        });
    }

    fn cancel(&mut self, task: usize) {
        match self.tasks[task].kind {
            Kind::Listens => {
                self.tasks[task].end.get_or_insert(End::Finished);
            }
            _ => self.abort(task),
        }
    }

    fn for_each_within(&mut self, ancestor: usize, act: impl Fn(&mut Self, usize)) {
        for task in 0..self.tasks.len() {
            if self.is_within(self.tasks[task].scope, ancestor) {
                act(self, task);
            }
        }
    }

    fn cancel_scope(&mut self, ancestor: usize) {
        for scope in 0..self.scopes.len() {
            if self.is_within(scope, ancestor) {
                self.scopes[scope].cancelled = true;
            }
        }
        self.for_each_within(ancestor, |model, task| {
            if model.tasks[task].kind == Kind::Listens {
                model.cancel(task);
            }
        });
    }

    fn end_scope(&mut self, ancestor: usize, grace: bool) {
        for scope in 0..self.scopes.len() {
            if self.is_within(scope, ancestor) {
                self.scopes[scope].closed = true;
            }
        }
        if grace {
            self.cancel_scope(ancestor);
        }
        self.for_each_within(ancestor, Model::abort);
        self.cancel_scope(ancestor);
    }

    fn count(&self, ancestor: usize, end: Option<End>) -> usize {
        let counts = |task: &&ModelTask| task.end == end && self.is_within(task.scope, ancestor);
        self.tasks.iter().filter(counts).count()
    }
}

#[background(on = scope)]
async fn listens(scope: TaskScope, #[cancel] token: CancellationToken) -> Result<(), ()> {
    // It must not keep the scope.
    drop(scope);
    token.cancelled().await;
    Ok(())
}

fn spawn(scope: &TaskScope, kind: Kind) -> TaskHandle<Result<(), ()>> {
    match kind {
        Kind::Quick => scope.spawn_result(async { Ok(()) }),
        Kind::Panics => scope.spawn_result(async { panic!("as told") }),
        Kind::Fails => scope.spawn_result(async { Err(()) }),
        Kind::Deaf => scope.spawn_result(pending()),
        Kind::Listens => listens(scope.clone()),
        Kind::Bomb => scope.spawn_result(async {
            let _bomb = PanicsOnDrop;
            pending().await
        }),
    }
}

fn check_report(report: &ShutdownReport, model: &Model, scope: usize) {
    let count = |end| model.count(scope, Some(end));
    assert_eq!(report.finished, count(End::Finished), "{}", report);
    assert_eq!(report.failed, count(End::Failed), "{}", report);
    assert_eq!(report.panicked, count(End::Panicked), "{}", report);
    let cancelled = report.cancelled + report.aborted.len();
    assert_eq!(cancelled, count(End::Cancelled), "{}", report);
    assert!(report.still_running.is_empty(), "{}", report);
}

async fn run(steps: &[Step]) {
    let mut model = Model::default();
    model.child(None);
    let mut scopes = vec![Some(TaskScope::new())];
    let mut tasks: Vec<Option<TaskHandle<Result<(), ()>>>> = Vec::new();
    let mut reports: Vec<Option<String>> = vec![None];
    for step in steps {
        match *step {
            Step::Spawn { scope, kind } => {
                let at = scope % scopes.len();
                let Some(scope) = &scopes[at] else { continue };
                tasks.push(Some(spawn(scope, kind)));
                // It gets to run before anything else happens to it.
                settle().await;
                model.spawn(at, kind);
            }
            Step::Child { scope } => {
                let at = scope % scopes.len();
                let Some(scope) = &scopes[at] else { continue };
                scopes.push(Some(scope.child()));
                reports.push(None);
                model.child(Some(at));
            }
            Step::CancelTask { task } if !tasks.is_empty() => {
                let at = task % tasks.len();
                if let Some(handle) = &tasks[at] {
                    handle.cancel();
                    model.cancel(at);
                }
            }
            Step::AbortTask { task } if !tasks.is_empty() => {
                let at = task % tasks.len();
                if let Some(handle) = &tasks[at] {
                    handle.abort();
                    model.abort(at);
                }
            }
            Step::DropHandle { task } if !tasks.is_empty() => {
                let at = task % tasks.len();
                tasks[at] = None;
            }
            Step::CancelTask { .. } | Step::AbortTask { .. } | Step::DropHandle { .. } => {}
            Step::CancelScope { scope } => {
                let at = scope % scopes.len();
                let Some(scope) = &scopes[at] else { continue };
                scope.cancel();
                model.cancel_scope(at);
            }
            Step::DropScope { scope } => {
                let at = scope % scopes.len();
                // The root stays, for the last report.
                if at > 0 && scopes[at].take().is_some() {
                    model.end_scope(at, false);
                }
            }
            Step::ShutDown { scope, grace } => {
                let at = scope % scopes.len();
                let Some(scope) = &scopes[at] else { continue };
                let wait = Duration::from_secs(if grace { 10 } else { 0 });
                let report = scope.shutdown(wait).await;
                model.end_scope(at, grace);
                match &reports[at] {
                    Some(first) => assert_eq!(&report.to_string(), first),
                    None => check_report(&report, &model, at),
                }
                reports[at].get_or_insert(report.to_string());
            }
        }
        settle().await;
        for (at, scope) in scopes.iter().enumerate() {
            let Some(scope) = scope else { continue };
            let live = model.count(at, None);
            assert_eq!(scope.len(), live);
            assert_eq!(scope.is_empty(), live == 0);
            assert_eq!(scope.tasks().len(), live);
        }
    }
    let root = scopes[0].take().unwrap();
    drop(scopes);
    for at in 1..model.scopes.len() {
        model.end_scope(at, false);
    }
    settle().await;
    let report = root.shutdown(Duration::ZERO).await;
    model.end_scope(0, false);
    if reports[0].is_none() {
        check_report(&report, &model, 0);
    }
    for (handle, task) in tasks.into_iter().zip(&model.tasks) {
        let Some(handle) = handle else { continue };
        let end = match handle.await {
            Ok(Ok(())) => End::Finished,
            Ok(Err(())) => End::Failed,
            Err(error) if error.kind() == TaskErrorKind::Panicked => End::Panicked,
            Err(_) if task.end == Some(End::Refused) => End::Refused,
            Err(_) => End::Cancelled,
        };
        assert_eq!(Some(end), task.end, "{:?}", task.kind);
    }
}

#[test]
fn a_tree_of_scopes_does_what_the_model_does() {
    let _failures = Failures::listen();
    hide_expected_panics();
    check_random_steps(256 * scale(), 60, step, |steps| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run(steps));
    });
}
