use std::{
    any::Any,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::{Body, Ended, Identity, Report, TaskName};
use crate::{
    Backoff,
    error::{Label, catch_panic, discard},
};

/// `attempts = N`, `backoff = …` and `retry_if = …`
pub struct Attempts<P> {
    at_most: u32,
    backoff: Backoff,
    retry_if: P,
    /// Cancelled, no attempt follows: that of the `#[cancel]` parameter, or one of the task's scope.
    token: CancellationToken,
}

impl<P> Attempts<P> {
    pub fn new(at_most: u32, backoff: Backoff, retry_if: P, token: CancellationToken) -> Self {
        Attempts {
            at_most,
            backoff,
            retry_if,
            token,
        }
    }
}

/// Checks the constant of `attempts = N`.
#[track_caller]
pub const fn at_least_one(attempts: u32) -> u32 {
    assert!(
        attempts > 0,
        "`attempts` must be at least 1: with 0 the function could never run"
    );
    attempts
}

/// Which values are worth another attempt.
pub trait RetryIf<T>: Send + 'static {
    fn is_worth_another(&self, value: &T) -> bool;
}

/// Every failure is.
pub struct Always;

impl<T> RetryIf<T> for Always {
    fn is_worth_another(&self, _: &T) -> bool {
        true
    }
}

/// `retry_if = PATH`, for a function that returns `R`
// A path is a function item, which has no size, and neither has what is made of it: the box is no allocation.
pub struct IfError<R>(Box<dyn Fn(&R) -> bool + Send>);

/// Makes it, and tells what is wrong with a path or a function that does not fit.
pub fn if_error<R, F>(is_worth_another: F) -> IfError<R>
where
    R: Fallible,
    F: Fn(&R::Error) -> bool + Send + 'static, // it decides by the error of the function's `Result`
{
    IfError(Box::new(move |value: &R| {
        value.error().is_some_and(&is_worth_another)
    }))
}

/// A function's return type that `retry_if` can look into.
#[diagnostic::on_unimplemented(
    message = "`retry_if` decides by the error of a `Result`, and the function returns `{Self}`",
    label = "there is no error to give to it",
    note = "take `retry_if` off: a panic and a timeout are always worth another attempt"
)]
pub trait Fallible {
    type Error;

    fn error(&self) -> Option<&Self::Error>;
}

impl<T, E> Fallible for Result<T, E> {
    type Error = E;

    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }
}

impl<R: 'static> RetryIf<R> for IfError<R> {
    fn is_worth_another(&self, value: &R) -> bool {
        (self.0)(value)
    }
}

/// An argument of a function with `attempts`. It can be cloned whatever it holds, since it could be made: so that
/// rustc reports one that is not `Clone` at the argument alone, and not once more for what captures it.
pub struct Copied<T> {
    value: T,
    copy: fn(&T) -> T,
}

// It asks for `Send` too, before rustc looks at what captures the argument: else that would be one error, and the body,
// which holds the argument, another. It takes a tuple, since rustc would say of a bare argument that it could be
// dereferenced.
pub fn copied<T>((value,): (T,)) -> Copied<T>
where
    T: Clone, // each attempt gets a copy of the arguments
    T: Send,  // else: `#[background(local)]`
{
    copied_locally((value,))
}

pub fn copied_locally<T>((value,): (T,)) -> Copied<T>
where
    T: Clone, // each attempt gets a copy of the arguments
{
    Copied {
        value,
        copy: T::clone,
    }
}

/// Asks the same of `self`, which is captured as it is.
pub fn receiver<T>(_: &T)
where
    T: Send, // else: `#[background(local)]`
{
}

impl<T> Copied<T> {
    pub fn get(this: Self) -> T {
        this.value
    }
}

impl<T> Clone for Copied<T> {
    fn clone(&self) -> Self {
        Copied {
            value: (self.copy)(&self.value),
            copy: self.copy,
        }
    }
}

/// The body of one attempt, with what is around it, in a box. Unlike that of a user's future the box has a permit to
/// wait for.
pub struct Attempt<B: ?Sized>(Pin<Box<B>>);

impl<T> Attempt<dyn Body<Output = T> + Send> {
    pub(crate) fn new(body: impl Body<Output = T> + Send + 'static) -> Self {
        Attempt(Box::pin(body))
    }
}

impl<T> Attempt<dyn Body<Output = T>> {
    pub(crate) fn new_local(body: impl Body<Output = T> + 'static) -> Self {
        Attempt(Box::pin(body))
    }
}

impl<B: Body + ?Sized> Body for Attempt<B> {
    type Output = B::Output;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        self.0.as_mut().poll_ready(cx)
    }

    fn poll_body(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<B::Output>> {
        self.0.as_mut().poll_body(cx)
    }

    fn identity(&self) -> Identity {
        self.0.identity()
    }

    fn name(&self) -> TaskName {
        self.0.name()
    }
}

/// The body of a task with `attempts`: makes the body of one attempt after the other.
pub struct Attempted<R, P, M, B> {
    policy: Attempts<P>,
    name: TaskName,
    #[cfg_attr(not(feature = "tracing"), expect(dead_code))] // for the warnings
    label: Option<Label>,
    /// Makes the body of an attempt, the last one from the arguments themselves.
    make: M,
    stage: Stage<B>,
    /// How many were started, and how many since the waits were started over.
    attempts: u32,
    in_a_row: u32,
    report: PhantomData<fn() -> R>,
}

enum Stage<B> {
    /// The next attempt is to be made.
    Due,
    Running {
        body: B,
        /// None until it may start.
        since: Option<Instant>,
    },
    Waiting(Pin<Box<Wait>>),
}

pin_project! {
    /// Between two attempts.
    struct Wait {
        #[pin]
        sleep: Sleep,
        #[pin]
        cancelled: WaitForCancellationFutureOwned,
    }
}

impl<R, P, M, B> Attempted<R, P, M, B> {
    pub(crate) fn new(
        policy: Attempts<P>,
        name: TaskName,
        label: Option<Label>,
        _: R,
        make: M,
    ) -> Self {
        Attempted {
            policy,
            name,
            label,
            make,
            stage: Stage::Due,
            attempts: 0,
            in_a_row: 0,
            report: PhantomData,
        }
    }
}

impl<R, P, M, B> Attempted<R, P, M, B> {
    /// Returns whether no attempt can follow the one of this number. `u32::MAX` is for a worker that must not end.
    fn is_last(&self, attempt: u32) -> bool {
        attempt >= self.policy.at_most && self.policy.at_most != u32::MAX
    }
}

// The bodies are boxed, and nothing else in it is pinned.
impl<R, P, M, B> Unpin for Attempted<R, P, M, B> {}

type Payload = Box<dyn Any + Send>;

impl<R, P, M, B> Body for Attempted<R, P, M, B>
where
    R: Report<B::Output>,
    P: RetryIf<B::Output>,
    M: FnMut(bool) -> B,
    B: Body + Unpin,
{
    type Output = B::Output;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let this = &mut *self;
        if let Stage::Waiting(wait) = &mut this.stage {
            if !ready!(poll_wait(wait, cx)) {
                return Poll::Ready(false);
            }
            this.stage = Stage::Due;
        }
        if let Stage::Due = this.stage {
            let is_last = this.is_last(this.attempts.saturating_add(1));
            let body = (this.make)(is_last);
            this.stage = Stage::Running { body, since: None };
        }
        match &mut this.stage {
            Stage::Running { body, .. } => Pin::new(body).poll_ready(cx),
            Stage::Due | Stage::Waiting(_) => unreachable!("an attempt was just made"),
        }
    }

    fn poll_body(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<B::Output>> {
        let this = &mut *self;
        let Stage::Running { body, since } = &mut this.stage else {
            unreachable!("polled when `poll_ready` is ready");
        };
        let since = *since.get_or_insert_with(|| {
            // Counted here: one that is cancelled while it waits for its permit was not started.
            this.attempts = this.attempts.saturating_add(1);
            this.in_a_row = this.in_a_row.saturating_add(1);
            Instant::now()
        });
        let mut ended = match catch_unwind(AssertUnwindSafe(|| Pin::new(body).poll_body(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(ended)) => Ok(ended),
            Err(payload) => Err(payload),
        };
        // Its destructors run before the next attempt, or the end. A panic in one of them is the end of this one.
        let dropped = catch_unwind(AssertUnwindSafe(|| this.stage = Stage::Due));
        if let Err(payload) = dropped {
            ended = match ended {
                Ok(_) => Err(payload),
                Err(first) => {
                    discard(payload);
                    Err(first)
                }
            };
        }
        if !this.is_followed(&ended) {
            return match ended {
                Ok(ended) => Poll::Ready(ended),
                Err(payload) => resume_unwind(payload),
            };
        }
        if this.policy.backoff.is_over(since.elapsed()) {
            this.in_a_row = 1;
        }
        let wait = this.policy.backoff.random_wait(this.in_a_row);
        #[cfg(feature = "tracing")]
        this.warn(&ended, wait);
        this.stage = Stage::Waiting(Box::pin(Wait {
            sleep: sleep(wait),
            cancelled: this.policy.token.clone().cancelled_owned(),
        }));
        match ended {
            // A panic in its destructor changes nothing: it has failed.
            Ok(value) => catch_panic(|| drop(value)),
            Err(payload) => discard(payload),
        }
        Poll::Ready(Ended::Again)
    }

    fn identity(&self) -> Identity {
        Identity {
            attempts: self.attempts.max(1),
            ..Identity::new(self.name)
        }
    }

    fn name(&self) -> TaskName {
        self.name
    }
}

impl<R, P, M, B: Body> Attempted<R, P, M, B>
where
    R: Report<B::Output>,
    P: RetryIf<B::Output>,
{
    /// Returns whether an attempt that ended so is followed by another.
    fn is_followed(&self, ended: &Result<Ended<B::Output>, Payload>) -> bool {
        let failed = match ended {
            Ok(Ended::Value(value)) => {
                R::is_failure(value) && self.policy.retry_if.is_worth_another(value)
            }
            Ok(Ended::TimedOut(_)) | Err(_) => true,
            Ok(Ended::HandsOver(_) | Ended::Again) => false,
        };
        failed && !self.is_last(self.attempts) && !self.policy.token.is_cancelled()
    }

    #[cfg(feature = "tracing")]
    fn warn(&self, ended: &Result<Ended<B::Output>, Payload>, wait: std::time::Duration) {
        use crate::error::{one_line, panic_message};

        let what = match ended {
            Ok(Ended::Value(value)) => format!("failed: {}", one_line(&R::describe(value))),
            Ok(Ended::TimedOut(after)) => format!("timed out after {after:?}"),
            Ok(Ended::HandsOver(_) | Ended::Again) => return,
            Err(payload) => match panic_message(payload.as_ref()) {
                Some(text) => format!("panicked: {}", one_line(text)),
                None => "panicked with a value that is not a string".to_owned(),
            },
        };
        tracing::warn!(
            target: "spawn_runtime",
            {
                task.name = self.name.get(),
                task.label = self.label.as_deref(),
                task.id = tokio::task::try_id().map(tracing::field::display),
                task.attempt = self.attempts,
                task.wait = ?wait,
            },
            "attempt {what}"
        );
    }
}

/// Waits for the next attempt. `false`: it was cancelled meanwhile.
fn poll_wait(wait: &mut Pin<Box<Wait>>, cx: &mut Context<'_>) -> Poll<bool> {
    let wait = wait.as_mut().project();
    if wait.cancelled.poll(cx).is_ready() {
        return Poll::Ready(false);
    }
    wait.sleep.poll(cx).map(|()| true)
}
