use std::{
    any::Any,
    marker::PhantomData,
    mem,
    panic::{AssertUnwindSafe, Location, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{
    Around, Body, Ended, Ending, HandOver, Identity, Outcome, Owner, PolledOwner, Report, Task,
    TaskName, Unfinished, UnreceivedPanic,
    outcome::{Failed, NoValue, Notice, Unreceived},
    sealed,
};
use crate::error::{Cause, Label, Origin, Route, TaskFailure, discard, panic_message};

pin_project! {
    /// The future of a task: its body, and its owner, which is told of the end.
    ///
    /// The end of a task is a fixed order: its destructors run; a failure without a handle to receive it is
    /// reported; the owner is told, whereupon the task leaves its scope; the outcome goes to the handle.
    pub struct TaskFuture<R, B, O>
    where
        R: Report<B::Output>,
        B: Body,
        O: PolledOwner,
    {
        #[pin]
        stage: Stage<B, O>,
        report: PhantomData<fn() -> R>,
    }

    impl<R, B, O> PinnedDrop for TaskFuture<R, B, O>
    where
        R: Report<B::Output>,
        B: Body,
        O: PolledOwner,
    {
        fn drop(this: Pin<&mut Self>) {
            let stage = this.project().stage;
            if matches!(*stage, Stage::Running { .. }) {
                drop_unfinished(stage, R::AT_THE_END);
            }
        }
    }
}

pin_project! {
    // `Ended` hides in the niche of the owner: a task is one word larger than its body
    // (`tests/behaviour/footprint.rs`).
    #[project = StageProjection]
    enum Stage<B, O> {
        Running {
            #[pin]
            body: B,
            owner: O,
        },
        /// The destructors have run.
        Ended,
    }
}

/// A task in no scope, or on its way into one.
pub(crate) type Unowned<R, B> = TaskFuture<R, B, &'static Location<'static>>;

impl<R: Report<B::Output>, B: Body, O: PolledOwner> TaskFuture<R, B, O> {
    #[inline]
    pub(crate) fn new(_: R, body: B, owner: O) -> Self {
        TaskFuture {
            stage: Stage::Running { body, owner },
            report: PhantomData,
        }
    }
}

impl<R: Report<B::Output>, B: Body, O: PolledOwner> Future for TaskFuture<R, B, O> {
    type Output = Outcome<B::Output>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        let StageProjection::Running { owner, .. } = stage.as_mut().project() else {
            panic!("a task was polled after its end");
        };
        if !ready!(owner.poll_ready(cx)) {
            return Poll::Ready(refused_unpolled::<R, _, _>(stage));
        }
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let StageProjection::Running { mut body, owner } = stage.as_mut().project() else {
                unreachable!("it was running just now");
            };
            loop {
                match body.as_mut().poll_ready(cx) {
                    Poll::Ready(true) => {}
                    Poll::Ready(false) => return Poll::Ready(None),
                    Poll::Pending => {
                        owner.waits();
                        return Poll::Pending;
                    }
                }
                if !owner.has_begun() && !body.hands_over() {
                    owner.begins();
                }
                match body.as_mut().poll_body(cx) {
                    Poll::Ready(Ended::Again) => {}
                    polled => return polled.map(Some),
                }
            }
        }));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(ended)) => Poll::Ready(end::<R, _, _>(stage, ended)),
            Err(payload) => {
                let (owner, identity) = drop_panicked(stage);
                panicked(&owner, identity, payload, R::AT_THE_END)
            }
        }
    }
}

/// The body has ended. Its destructors run, and a panic in one of them takes the place of the value.
#[inline(always)]
fn end<R, B, O>(stage: Pin<&mut Stage<B, O>>, ended: Option<Ended<B::Output>>) -> Outcome<B::Output>
where
    R: Report<B::Output>,
    B: Body,
    O: PolledOwner,
{
    let (owner, identity, dropped) = drop_stage(stage);
    if let Err(payload) = dropped {
        panicked(&owner, identity, payload, R::AT_THE_END);
    }
    match ended {
        Some(Ended::Value(value)) if !R::is_failure(&value) => {
            owner.leaves(Ending::Finished, None);
            Outcome::Value(value)
        }
        ended => unfinished::<R, _>(&owner, identity, ended),
    }
}

type Payload = Box<dyn Any + Send>;

/// Drops what is left of a task. Its destructors may panic.
#[inline]
fn drop_stage<B: Body, O: PolledOwner>(
    mut stage: Pin<&mut Stage<B, O>>,
) -> (O, Identity, Result<(), Payload>) {
    let StageProjection::Running { body, owner } = stage.as_mut().project() else {
        unreachable!("asked before it is dropped");
    };
    let (owner, identity) = (owner.clone(), body.identity());
    let dropped = catch_unwind(AssertUnwindSafe(|| stage.set(Stage::Ended)));
    (owner, identity, dropped)
}

/// Drops a body that has panicked. A second panic changes nothing.
fn drop_panicked<B: Body, O: PolledOwner>(stage: Pin<&mut Stage<B, O>>) -> (O, Identity) {
    let (owner, identity, dropped) = drop_stage(stage);
    if let Err(second) = dropped {
        discard(second);
    }
    (owner, identity)
}

/// The task is dropped before its end: it was aborted, or its runtime has shut down.
// Neither cold nor out of line: then a body without destructors would have the code of one whose destructors panic,
// and each task with such a body take 41 instructions more.
#[inline]
fn drop_unfinished<B: Body, O: PolledOwner>(stage: Pin<&mut Stage<B, O>>, at_the_end: bool) {
    match drop_stage(stage) {
        (owner, _, Ok(())) => owner.leaves(Ending::Cancelled, None),
        (owner, identity, Err(payload)) => panicked(&owner, identity, payload, at_the_end),
    }
}

/// The task may not run.
#[cold]
fn refused_unpolled<R, B, O>(stage: Pin<&mut Stage<B, O>>) -> Outcome<B::Output>
where
    R: Report<B::Output>,
    B: Body,
    O: PolledOwner,
{
    match drop_stage(stage) {
        (owner, identity, Ok(())) => refused::<R, _>(&owner, identity),
        (owner, identity, Err(payload)) => panicked(&owner, identity, payload, R::AT_THE_END),
    }
}

/// The task has ended in any way but the usual one, and its destructors have run. `None`: it was cancelled while
/// it waited for its permit.
#[cold]
fn unfinished<R, T>(
    owner: &impl PolledOwner,
    identity: Identity,
    ended: Option<Ended<T>>,
) -> Outcome<T>
where
    R: Report<T>,
{
    let Some(ended) = ended else {
        owner.leaves(Ending::Cancelled, None);
        return NoValue::Cancelled(identity.attempts).into();
    };
    match ended {
        Ended::Value(value) if R::FAILS => failed::<R, T>(owner, identity, value),
        Ended::Value(value) => Outcome::Value(value),
        Ended::TimedOut(after) => {
            let cause = || Cause::TimedOut(after);
            let ending = Ending::TimedOut;
            match failure(owner, identity, ending, R::AT_THE_END, cause) {
                Some(notice) => NoValue::TimedOut(Unreceived::timeout(after, notice)).into(),
                None => NoValue::Reported.into(),
            }
        }
        Ended::Again => unreachable!("a task goes on with its next attempt"),
        Ended::HandsOver(function) => {
            let HandOver { owner, spawned } = owner.hand_over();
            let running = function.spawn(owner);
            spawned(running.abort_handle());
            Unfinished::HandedOver(running).into()
        }
    }
}

/// The function returned an `Err`.
pub(super) fn failed<R: Report<T>, T>(
    owner: &impl Owner,
    identity: Identity,
    value: T,
) -> Outcome<T> {
    let origin = identity.into_origin(owner.spawned_at());
    let kept = owner
        .keeps_failure()
        .then(|| TaskFailure::new(origin.clone(), Cause::Error(R::describe(&value))));
    let kept = kept.map(Arc::new);
    let route = Route::new(owner.failure_hook());
    if R::AT_THE_END {
        let (text, error) = R::take(value);
        route.report(TaskFailure::new(origin, Cause::Error(text)).with_error(error));
        owner.leaves(Ending::Failed, kept);
        return NoValue::Reported.into();
    }
    let notice = Notice {
        origin,
        route,
        departure: owner.leaves_later(Ending::Failed, kept),
    };
    Unfinished::Failed(Failed::new(value, R::take, notice)).into()
}

/// A failure without a value. `None` if it is reported.
fn failure(
    owner: &impl Owner,
    identity: Identity,
    ending: Ending,
    at_the_end: bool,
    cause: impl Fn() -> Cause,
) -> Option<Notice> {
    let origin = identity.into_origin(owner.spawned_at());
    // A task that was refused did not fail: it fails no scope, and is no scope's first failure.
    let is_kept = ending != Ending::Refused && owner.keeps_failure();
    let kept = is_kept.then(|| Arc::new(TaskFailure::new(origin.clone(), cause())));
    let route = Route::new(owner.failure_hook());
    if at_the_end {
        route.report(TaskFailure::new(origin, cause()));
        owner.leaves(ending, kept);
        return None;
    }
    Some(Notice {
        origin,
        route,
        departure: owner.leaves_later(ending, kept),
    })
}

/// The scope is closed, and the task is dropped.
pub(super) fn refused<R: Report<T>, T>(owner: &impl Owner, identity: Identity) -> Outcome<T> {
    let identity = Identity {
        attempts: 0,
        ..identity
    };
    let ending = Ending::Refused;
    match failure(owner, identity, ending, R::AT_THE_END, || Cause::Refused) {
        Some(notice) => NoValue::Refused(Unreceived::refusal(notice)).into(),
        None => NoValue::Reported.into(),
    }
}

/// The task panicked, in its body or in a destructor. Once for each kind of owner, not for each task.
#[cold]
#[inline(never)]
pub(super) fn panicked<O: Owner>(
    owner: &O,
    identity: Identity,
    payload: Payload,
    at_the_end: bool,
) -> ! {
    let cause = || Cause::Panicked(panic_message(payload.as_ref()).map(str::to_owned));
    let notice = failure(owner, identity, Ending::Panicked, at_the_end, cause);
    UnreceivedPanic::resume(payload, notice)
}

impl Identity {
    #[cold]
    fn into_origin(self, spawned_at: &'static Location<'static>) -> Origin {
        Origin {
            name: self.name.get(),
            label: self.label,
            spawned_at,
            id: self.id.or_else(tokio::task::try_id),
            attempts: self.attempts,
        }
    }
}

impl<R, B> sealed::Task for Unowned<R, B>
where
    R: Report<B::Output>,
    B: Body<Output: Send + 'static> + Send + 'static,
{
    type In<O: PolledOwner> = TaskFuture<R, B, O>;
    type Around<E: FnMut(&mut dyn FnMut()) + Send + 'static> = Unowned<R, Around<B, E>>;

    #[inline]
    fn task_name(&self) -> TaskName {
        self.running().0.name()
    }

    fn task_label(&self) -> Option<&Label> {
        self.running().0.label()
    }

    fn is_waiting(&self) -> bool {
        self.running().0.is_waiting()
    }

    #[inline]
    fn into_owned<O: PolledOwner>(mut self, owner: O) -> TaskFuture<R, B, O> {
        match mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Running { body, .. } => TaskFuture {
                stage: Stage::Running { body, owner },
                report: PhantomData,
            },
            Stage::Ended => unreachable!("a spawner has it before it is polled"),
        }
    }

    fn into_around<E>(mut self, enter: E) -> Unowned<R, Around<B, E>>
    where
        E: FnMut(&mut dyn FnMut()) + Send + 'static,
    {
        match mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Running { body, owner } => TaskFuture {
                stage: Stage::Running {
                    body: Around::new(body, enter),
                    owner,
                },
                report: PhantomData,
            },
            Stage::Ended => unreachable!("a spawner has it before it is polled"),
        }
    }

    fn refuse(self, by: impl Owner) -> Outcome<B::Output> {
        let mut task = pin!(self);
        let stage = task.as_mut().project().stage;
        match drop_stage(stage) {
            (_, identity, Ok(())) => refused::<R, _>(&by, identity),
            (_, identity, Err(payload)) => panicked(&by, identity, payload, R::AT_THE_END),
        }
    }
}

impl<R, B> Unowned<R, B>
where
    R: Report<B::Output>,
    B: Body,
{
    fn running(&self) -> (&B, &'static Location<'static>) {
        match &self.stage {
            Stage::Running { body, owner } => (body, owner),
            Stage::Ended => panic!("a spawner asks a task before it spawns it"),
        }
    }
}

impl<R, B> Task for Unowned<R, B>
where
    R: Report<B::Output>,
    B: Body<Output: Send + 'static> + Send + 'static,
{
    fn name(&self) -> &'static str {
        self.running().0.name().get()
    }

    fn label(&self) -> Option<&str> {
        self.running().0.label().map(|label| &**label)
    }

    fn spawned_at(&self) -> &'static Location<'static> {
        self.running().1
    }
}
