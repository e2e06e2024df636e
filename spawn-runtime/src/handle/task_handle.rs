use std::{
    fmt::{self, Debug},
    future::poll_fn,
    panic::{AssertUnwindSafe, Location, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::task::{AbortHandle, Id, JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{AbortOnDrop, CancelHandle, Flatten, flatten::FromTaskError};
use crate::{
    TaskError,
    error::{Label, Origin, Reason, discard},
    queued_blocking::AbortControl,
    task::{Outcome, TaskName, Unfinished, receive_join_error},
};

/// A handle of a task that runs in the background: await it for the value, cancel the task, or detach it.
///
/// `#[background]` functions and [`spawn`](crate::spawn) return it. Awaiting it gives
/// `Result<T, TaskError>`; where `T` is itself a `Result`, [`flatten`](Self::flatten) makes one of
/// the two.
///
/// Dropping it detaches the task, which runs on, like tokio's [`JoinHandle`]. If the task fails then, the
/// failure goes to the hook of [`set_failure_hook`](crate::set_failure_hook). Say [`detach`](Self::detach)
/// where that is what you mean, and [`abort_on_drop`](Self::abort_on_drop) where it is not.
///
/// A handle that is kept and never awaited holds the failure until it is dropped. For a task that lives in
/// a field of a struct, and that nothing awaits, use the option `guard`, which returns a
/// [`TaskGuard`](crate::TaskGuard).
///
/// # The ways to end a task
///
/// | | token of a `#[cancel]` parameter | a task without one | waits |
/// |---|---|---|---|
/// | [`cancel`](Self::cancel) | cancelled | dropped at its next `.await` | no |
/// | [`abort`](Self::abort) | – | dropped at its next `.await` | no |
/// | [`stop`](Self::stop) | cancelled, aborted after a grace | aborted after a grace | until it is gone |
///
/// A `blocking` function that already runs cannot be dropped: `abort` does nothing to it, and `stop`
/// waits for it. Give it a token. Before it starts, an abort prevents it. After a `cancel`, one that takes a
/// token starts all the same and finds it cancelled, unless it still waited for a permit of its `limit`.
///
/// # Cancel safety
///
/// Awaiting `&mut handle` in `select!` is cancel safe: the task runs on, and its value is not lost.
/// The handle is fused: after it gave its result, it stays pending.
///
/// # Examples
///
/// ```
/// use spawn_runtime::background;
///
/// #[background]
/// async fn add(left: u32, right: u32) -> u32 {
///     left + right
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let handle = add(20, 22);
/// assert_eq!(handle.name(), "add");
/// assert_eq!(handle.await.unwrap(), 42);
/// # }
/// ```
#[must_use = "dropping a `TaskHandle` lets the task run on unobserved; await it, call `.detach()` where that is meant, or `.abort_on_drop()`"]
pub struct TaskHandle<T> {
    join: JoinHandle<Outcome<T>>,
    name: TaskName,
    spawned_at: &'static Location<'static>,
    more: More,
    received: bool,
}

/// What few tasks have. One field, which costs one comparison when a handle is dropped.
enum More {
    Nothing,
    /// That of the `#[cancel]` parameter, which `cancel` cancels.
    Token(CancellationToken),
    Rare(Box<Rare>),
}

#[derive(Default)]
struct Rare {
    token: Option<CancellationToken>,
    /// A blocking function with a `limit` is two tasks: `abort` acts on either.
    queue: Option<Arc<AbortControl>>,
    label: Option<Label>,
}

impl More {
    #[cold]
    fn with_label(label: Label) -> Self {
        More::Rare(Box::new(Rare {
            label: Some(label),
            ..Rare::default()
        }))
    }

    #[cold]
    fn rare(&mut self) -> &mut Rare {
        if let More::Nothing = self {
            *self = More::Rare(Box::default());
        }
        match self {
            More::Rare(rare) => rare,
            _ => unreachable!("the token comes last"),
        }
    }
}

impl<T> TaskHandle<T> {
    // Not inlined it would cost a copy of the whole handle.
    #[inline(always)]
    pub(crate) fn new(
        join: JoinHandle<Outcome<T>>,
        name: TaskName,
        label: Option<Label>,
        spawned_at: &'static Location<'static>,
    ) -> Self {
        TaskHandle {
            join,
            name,
            spawned_at,
            more: match label {
                None => More::Nothing,
                Some(label) => More::with_label(label),
            },
            received: false,
        }
    }

    // Not inlined it would cost a copy of the whole handle.
    #[inline(always)]
    pub(crate) fn with_token(mut self, token: CancellationToken) -> Self {
        match self.more {
            More::Nothing => self.more = More::Token(token),
            _ => self.more.rare().token = Some(token),
        }
        self
    }

    pub(crate) fn with_abort_control(mut self, queue: Arc<AbortControl>) -> Self {
        self.more.rare().queue = Some(queue);
        self
    }

    fn queue(&self) -> Option<&Arc<AbortControl>> {
        match &self.more {
            More::Rare(rare) => rare.queue.as_ref(),
            _ => None,
        }
    }

    fn token(&self) -> Option<&CancellationToken> {
        match &self.more {
            More::Nothing => None,
            More::Token(token) => Some(token),
            More::Rare(rare) => rare.token.as_ref(),
        }
    }

    fn shared_label(&self) -> Option<&Label> {
        match &self.more {
            More::Rare(rare) => rare.label.as_ref(),
            _ => None,
        }
    }

    /// Returns the task's id, unique among the tasks that run at the time.
    ///
    /// Equivalent to [`JoinHandle::id`].
    pub fn id(&self) -> Id {
        let queued = self.queue().and_then(|queue| queue.id());
        queued.unwrap_or_else(|| self.join.id())
    }

    /// Returns the task's name: that of the function, or of its option `name = "…"`.
    pub fn name(&self) -> &'static str {
        self.name.get()
    }

    /// Returns the task's label, which its option `label = …` gave it.
    pub fn label(&self) -> Option<&str> {
        self.shared_label().map(|label| &**label)
    }

    /// Returns the place of the call that started the task.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    /// Returns whether the task has ended and its destructors have run.
    ///
    /// Equivalent to [`JoinHandle::is_finished`]. Right after [`abort`](Self::abort) it may still be
    /// false.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let handle = spawn_runtime::spawn(async {});
    /// assert!(!handle.is_finished()); // it had no turn yet
    /// tokio::task::yield_now().await;
    /// assert!(handle.is_finished());
    /// # }
    /// ```
    pub fn is_finished(&self) -> bool {
        match self.queue() {
            Some(queue) => queue.is_finished(),
            None => self.join.is_finished(),
        }
    }

    /// Asks the task to end: cancels the token if it takes one, else aborts it at its next `.await`.
    ///
    /// The token is that of a `#[cancel]` parameter. It is a request: a task that ends with a value all the same gives
    /// that value. It does not wait; [`stop`](Self::stop) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{CancellationToken, background};
    ///
    /// #[background]
    /// async fn count(#[cancel] token: CancellationToken) -> u64 {
    ///     let mut rounds = 0;
    ///     while !token.is_cancelled() {
    ///         rounds += 1;
    ///         tokio::task::yield_now().await;
    ///     }
    ///     rounds
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let handle = count();
    /// tokio::task::yield_now().await;
    /// handle.cancel();
    /// assert!(handle.await.unwrap() > 0);
    /// # }
    /// ```
    pub fn cancel(&self) {
        match self.token() {
            Some(token) => token.cancel(),
            None => self.abort(),
        }
    }

    /// Drops the task at its next `.await`, whether or not it takes a token.
    ///
    /// Equivalent to [`JoinHandle::abort`]: a request, which does nothing to a task that has ended or
    /// to a `blocking` function that already runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{CancellationToken, background};
    ///
    /// #[background]
    /// async fn serve(#[cancel] token: CancellationToken) -> &'static str {
    ///     token.cancelled().await;
    ///     "tidied up"
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let handle = serve();
    /// handle.abort(); // the token is not cancelled
    /// assert!(handle.await.unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn abort(&self) {
        match self.queue() {
            Some(queue) => queue.abort(),
            None => self.join.abort(),
        }
    }

    /// Returns tokio's handle, to abort the task from elsewhere.
    ///
    /// Equivalent to [`JoinHandle::abort_handle`]. It knows nothing of tokens: see
    /// [`cancel_handle`](Self::cancel_handle) for one that does. For a `blocking` function with a
    /// `limit` it acts on what there is at the time of this call: the task that waits for its turn, or
    /// the running function.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let handle = spawn_runtime::spawn(std::future::pending::<()>());
    /// let elsewhere = handle.abort_handle();
    /// assert_eq!(elsewhere.id(), handle.id());
    /// elsewhere.abort();
    /// assert!(handle.await.unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn abort_handle(&self) -> AbortHandle {
        let queued = self.queue().and_then(|queue| queue.abort_handle());
        queued.unwrap_or_else(|| self.join.abort_handle())
    }

    /// Returns a handle that can [`cancel`](Self::cancel) the task from elsewhere and does nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let handle = spawn_runtime::spawn(std::future::pending::<()>());
    /// let elsewhere = handle.cancel_handle();
    /// tokio::spawn(async move { elsewhere.cancel() });
    /// assert!(handle.await.unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn cancel_handle(&self) -> CancelHandle {
        match (self.token(), self.queue()) {
            (Some(token), _) => CancelHandle::cancels(token.clone()),
            (None, Some(queue)) => CancelHandle::aborts_queued(queue.clone()),
            (None, None) => CancelHandle::aborts(self.join.abort_handle()),
        }
    }

    /// Ends the task and waits until it is gone.
    ///
    /// It cancels the task's token if the task takes one, waits at most `grace` for the task to end by
    /// itself, then aborts it and waits until it is dropped. tokio's own handle has no such method: one
    /// aborts it, awaits it, and sorts out the `JoinError`.
    ///
    /// A `grace` of zero aborts at once; [`Duration::MAX`] never does. A `blocking` function that
    /// already runs is waited for, however long it takes.
    ///
    /// A handle that was awaited by reference and has given its result has none left: its `stop` stays pending, as the
    /// handle does.
    ///
    /// # Errors
    ///
    /// As for awaiting the handle: a task that ends with a value in time gives `Ok`, one that had to be
    /// aborted gives an error of kind [`Cancelled`](crate::TaskErrorKind::Cancelled).
    ///
    /// # Panics
    ///
    /// Outside a runtime, or in one without timers (`Builder::enable_time`), unless `grace` is zero or
    /// [`Duration::MAX`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future of `stop` detaches the task, like dropping the handle. What was asked by
    /// then, stays asked.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::background;
    ///
    /// #[background]
    /// async fn wait_forever() {
    ///     std::future::pending().await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let error = wait_forever().stop(Duration::from_secs(5)).await.unwrap_err();
    /// assert!(error.is_cancelled());
    /// # }
    /// ```
    pub async fn stop(mut self, grace: Duration) -> Result<T, TaskError> {
        self.stop_mut(grace).await
    }

    pub(crate) async fn stop_mut(&mut self, grace: Duration) -> Result<T, TaskError> {
        self.stop_with(grace, |handle, cx| Pin::new(handle).poll(cx))
            .await
    }

    /// Ends the task and waits until it is gone, as far as `poll` can tell.
    pub(super) async fn stop_with<R>(
        &mut self,
        grace: Duration,
        mut poll: impl FnMut(&mut Self, &mut Context<'_>) -> Poll<R>,
    ) -> R {
        if let Some(token) = self.token() {
            token.cancel();
        }
        if grace < Duration::MAX {
            if !grace.is_zero() {
                let ended = poll_fn(|cx| poll(self, cx));
                if let Ok(ended) = tokio::time::timeout(grace, ended).await {
                    return ended;
                }
            }
            self.abort();
        }
        poll_fn(|cx| poll(self, cx)).await
    }

    /// Detaches the task: it runs on without a handle.
    ///
    /// Dropping the handle does the same; this says that it is meant. A failure goes to the hook of
    /// [`set_failure_hook`](crate::set_failure_hook). A function that is never awaited is better marked
    /// `#[background(detach)]`: its failure is reported before it leaves its scope.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (sender, receiver) = tokio::sync::oneshot::channel();
    /// spawn_runtime::spawn(async move { sender.send(7) }).detach();
    /// assert_eq!(receiver.await, Ok(7));
    /// # }
    /// ```
    pub fn detach(self) {}

    /// Returns a handle that aborts the task when it is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (sender, receiver) = tokio::sync::oneshot::channel::<u32>();
    /// let task = spawn_runtime::spawn(async move {
    ///     std::future::pending::<()>().await;
    ///     sender.send(7)
    /// });
    /// drop(task.abort_on_drop());
    /// assert!(receiver.await.is_err()); // the sender was dropped with the task
    /// # }
    /// ```
    pub fn abort_on_drop(self) -> AbortOnDrop<T> {
        AbortOnDrop::new(self)
    }

    /// All ends but the usual one; `None` if the task only moved on to a second one.
    #[cold]
    fn poll_unusual_end(
        &mut self,
        outcome: Result<Outcome<T>, JoinError>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, TaskError>> {
        match self.unusual_end(outcome) {
            Some(ended) => {
                self.received = true;
                Poll::Ready(ended)
            }
            None => Pin::new(self).poll(cx),
        }
    }

    #[cold]
    fn unusual_end(
        &mut self,
        outcome: Result<Outcome<T>, JoinError>,
    ) -> Option<Result<T, TaskError>> {
        let (reason, attempts) = match outcome {
            Ok(Outcome::Value(value)) => return Some(Ok(value)),
            Ok(Outcome::Unfinished(unfinished)) => match *unfinished {
                Unfinished::Failed(failed) => return Some(Ok(failed.receive())),
                Unfinished::HandedOver(call) => {
                    self.join = call;
                    return None;
                }
                Unfinished::NoValue(no_value) => no_value.receive(),
            },
            Err(error) => receive_join_error(error),
        };
        Some(Err(self.error(reason, attempts)))
    }

    fn error(&self, reason: Reason, attempts: u32) -> TaskError {
        let id = self.id();
        let origin = Origin {
            name: self.name(),
            label: self.shared_label().cloned(),
            spawned_at: self.spawned_at,
            id: Some(id),
            attempts,
        };
        TaskError::new(reason, id, origin)
    }

    /// Returns a handle without the output, which may be one that must stay on this thread: a local task waits for
    /// it.
    #[track_caller]
    pub(crate) fn without_local_output(mut self) -> TaskHandle<()>
    where
        T: 'static,
    {
        let control = self.queue().cloned().unwrap_or_else(|| {
            let control = Arc::new(AbortControl::default());
            control.waiting(self.join.abort_handle());
            control
        });
        let (name, label, spawned_at) = (self.name, self.shared_label().cloned(), self.spawned_at);
        let token = self.token().cloned();
        let join = tokio::task::spawn_local(async move {
            poll_fn(|cx| self.poll_unreceived(cx)).await;
            Outcome::Value(())
        });
        let handle = TaskHandle::new(join, name, label, spawned_at).with_abort_control(control);
        match token {
            Some(token) => handle.with_token(token),
            None => handle,
        }
    }

    /// Returns whether a poll would find something that the last one did not.
    pub(crate) fn has_news(&self) -> bool {
        self.join.is_finished()
    }

    /// Waits for the end and receives nothing: a failure is reported, as when the handle is dropped.
    pub(crate) fn poll_unreceived(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.received {
            let outcome = ready!(Pin::new(&mut self.join).poll(cx));
            // Destructors of values and of panics' payloads may panic.
            let dropped = catch_unwind(AssertUnwindSafe(|| match outcome {
                Ok(Outcome::Unfinished(unfinished)) => match *unfinished {
                    Unfinished::HandedOver(call) => Some(call),
                    other => {
                        drop(other);
                        None
                    }
                },
                other => {
                    drop(other);
                    None
                }
            }));
            match dropped {
                Ok(Some(call)) => self.join = call,
                Ok(None) => self.received = true,
                Err(second) => {
                    discard(second);
                    self.received = true;
                }
            }
        }
        Poll::Ready(())
    }
}

impl<T, E> TaskHandle<Result<T, E>> {
    /// Makes one `Result` of the two: the function's own `Err` as it is, a [`TaskError`] by `From`.
    ///
    /// `handle.flatten().await?` instead of `handle.await??`. It needs `E: From<TaskError>`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    /// use spawn_runtime::background;
    ///
    /// #[background]
    /// async fn read() -> io::Result<u32> {
    ///     Ok(7)
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> io::Result<()> {
    /// assert_eq!(read().flatten().await?, 7);
    /// # Ok(())
    /// # }
    /// ```
    pub fn flatten(self) -> Flatten<T, E>
    where
        E: FromTaskError,
    {
        Flatten::new(self)
    }
}

impl<T> Future for TaskHandle<T> {
    type Output = Result<T, TaskError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.received {
            return Poll::Pending;
        }
        match Pin::new(&mut self.join).poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(Outcome::Value(value))) => {
                self.received = true;
                Poll::Ready(Ok(value))
            }
            Poll::Ready(outcome) => self.poll_unusual_end(outcome, cx),
        }
    }
}

impl<T> Debug for TaskHandle<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TaskHandle")
            .field("name", &self.name())
            .field("label", &self.label())
            .field("id", &self.id())
            .field("spawned_at", &format_args!("{}", self.spawned_at))
            .field("is_finished", &self.is_finished())
            .finish()
    }
}
