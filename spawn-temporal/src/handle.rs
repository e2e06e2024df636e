use std::{
    fmt::{self, Debug},
    panic::Location,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use crate::{
    DurableError, JobId, JobStatus, Temporal,
    codec::{Codec, Recorded},
    engine::{Engine, Outcome, Recording, recorded, wait_for_recording},
    error::{About, Ending, Origin},
};

/// Stands for a job that is recorded, or is being recorded: what a call of a durable function returns.
///
/// It is a future of the job's value. Unlike a [`TaskHandle`](spawn_runtime::TaskHandle) it is not bound to the process
/// that runs the job: any process that has the [`id`](Self::id) can [`attach`](Self::attach) another handle. **Dropping
/// it never stops the job.** Use [`cancel`](Self::cancel) or [`terminate`](Self::terminate) for that.
///
/// # When a job is recorded
///
/// The call returns at once, and a task of the caller's runtime sends the job to the server. It is safe when
/// [`id`](Self::id) has returned, so await that before you acknowledge. If the handle is dropped before, the job is
/// still sent, and a failure to do so goes to the [failure hook](spawn_runtime::set_failure_hook). But if the process
/// ends before, the job is lost.
///
/// # Cancel safety
///
/// The handle is fused: after it was ready it is pending. Polled by reference (in `tokio::select!`, say) it loses
/// nothing.
///
/// # Examples
///
/// ```
/// use spawn_temporal::{DurableError, background};
///
/// #[background(durable = "docs.handle.v1")]
/// async fn add_one(number: u32) -> u32 {
///     number + 1
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DurableError> {
/// spawn_temporal::local().install();
/// let job = add_one(7);
/// let id = job.id().await?; // recorded: acknowledge now
/// assert_eq!(job.await?, 8);
/// # drop(id);
/// # Ok(())
/// # }
/// ```
#[must_use = "the job goes on without its handle; await `id()` to know that it is recorded, or the handle for the value"]
pub struct DurableHandle<T> {
    job: Handle,
    codec: Codec<T>,
    /// Made at the first poll. `None` after the end. Never locked: it is a `Mutex` so that the handle is `Sync`, which
    /// a task that awaits `id()` asks for.
    waiting: Mutex<Option<Waiting>>,
    is_polled: bool,
}

type Waiting = Pin<Box<dyn Future<Output = (Outcome, Option<JobId>)> + Send>>;

/// What a handle is, whatever the type of its value.
pub(crate) struct Handle {
    engine: Option<Engine>,
    recording: Recording,
    /// Whether a caller was told that the job could not be recorded.
    pub(crate) is_heard: Arc<AtomicBool>,
    origin: Origin,
}

impl Handle {
    pub(crate) fn new(
        engine: Option<Engine>,
        recording: Recording,
        is_heard: Arc<AtomicBool>,
        origin: Origin,
    ) -> Self {
        Handle {
            engine,
            recording,
            is_heard,
            origin,
        }
    }

    /// A job that came to nothing before it was sent.
    pub(crate) fn failed(ending: Ending, origin: Origin) -> Self {
        Handle::new(None, recorded(Err(ending)), Arc::default(), origin)
    }

    async fn id(&self) -> Result<JobId, DurableError> {
        wait_for_recording(self.recording.clone())
            .await
            .map_err(|ending| self.unrecorded(ending))
    }

    fn unrecorded(&self, ending: Ending) -> DurableError {
        self.is_heard.store(true, Relaxed);
        ending.of(self.origin, None)
    }

    /// The engine and the id, once the job is recorded.
    async fn recorded(&self) -> Result<(&Engine, JobId), DurableError> {
        let id = self.id().await?;
        match &self.engine {
            Some(engine) => Ok((engine, id)),
            None => unreachable!("only an engine records a job"),
        }
    }
}

impl<T> DurableHandle<T> {
    pub(crate) fn new(job: Handle, codec: Codec<T>) -> Self {
        DurableHandle {
            job,
            codec,
            waiting: Mutex::new(None),
            is_polled: false,
        }
    }

    /// Waits until the job is recorded, and returns its id.
    ///
    /// After that it survives this process: acknowledge the request, and hand the id to the client. On the local engine
    /// it returns at once, and nothing survives.
    ///
    /// # Errors
    ///
    /// If the job could not be recorded. With [`Unavailable`](crate::DurableErrorKind::Unavailable) it is not known
    /// whether it was: call again with the same `#[key]`, and it is one job in either case.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing. It can be awaited any number of times.
    pub async fn id(&self) -> Result<JobId, DurableError> {
        self.job.id().await
    }

    /// Returns the name of the function, that of `durable = "…"`; `None` after [`attach`](Self::attach).
    pub fn name(&self) -> Option<&'static str> {
        self.job.origin.name()
    }

    /// Returns the place of the call that started the job, or of [`attach`](Self::attach).
    pub fn called_at(&self) -> &'static Location<'static> {
        self.job.origin.called_at
    }

    /// Asks the job to end.
    ///
    /// A body that takes a `#[cancel]` token gets it cancelled, and the job ends with what it then returns. Another
    /// body is dropped at its next `.await`, and the job ends as
    /// [`Cancelled`](crate::DurableErrorKind::Cancelled). A job that waits for a worker or for its next attempt ends at
    /// once. One that runs hears of it with its next heartbeat, within a second or so; nothing is heard while its
    /// worker is cut off. For a job that has ended it does nothing.
    ///
    /// # Errors
    ///
    /// If the job could not be recorded, is unknown, or the server is out of reach.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the request may have been sent or not.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_temporal::{DurableErrorKind, background};
    ///
    /// #[background(durable = "docs.cancel.v1")]
    /// async fn watch(host: String) {
    ///     std::future::pending().await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), spawn_temporal::DurableError> {
    /// spawn_temporal::local().install();
    /// let job = watch("example.org".to_owned());
    /// job.cancel().await?;
    /// assert_eq!(job.await.unwrap_err().kind(), DurableErrorKind::Cancelled);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn cancel(&self) -> Result<(), DurableError> {
        let (engine, id) = self.job.recorded().await?;
        let result = engine.cancel(&id).await;
        result.map_err(|ending| ending.of(self.job.origin, Some(id)))
    }

    /// Ends the job at once, whatever its worker does: those who wait get
    /// [`Terminated`](crate::DurableErrorKind::Terminated).
    ///
    /// Prefer [`cancel`](Self::cancel), which lets the body tidy up. A body that still runs is dropped with its next
    /// heartbeat. For a job that has ended it does nothing.
    ///
    /// # Errors
    ///
    /// As those of [`cancel`](Self::cancel).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the request may have been sent or not.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_temporal::{DurableErrorKind, background};
    ///
    /// #[background(durable = "docs.terminate.v1")]
    /// async fn watch(host: String) {
    ///     std::future::pending().await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), spawn_temporal::DurableError> {
    /// spawn_temporal::local().install();
    /// let job = watch("example.org".to_owned());
    /// job.terminate().await?;
    /// assert_eq!(job.await.unwrap_err().kind(), DurableErrorKind::Terminated);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn terminate(&self) -> Result<(), DurableError> {
        let (engine, id) = self.job.recorded().await?;
        let result = engine.terminate(&id).await;
        result.map_err(|ending| ending.of(self.job.origin, Some(id)))
    }

    /// Returns where the job is, without waiting for it.
    ///
    /// # Errors
    ///
    /// As those of [`cancel`](Self::cancel).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_temporal::{DurableHandle, JobState, background};
    ///
    /// #[background(durable = "docs.status.v1")]
    /// async fn add_one(#[key] number: u32) -> u32 {
    ///     number + 1
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), spawn_temporal::DurableError> {
    /// let temporal = spawn_temporal::local().install();
    /// assert_eq!(add_one(7).await?, 8);
    /// let job = DurableHandle::<u32>::attach(&temporal, "docs.status.v1/7");
    /// assert_eq!(job.status().await?.state, JobState::Completed);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn status(&self) -> Result<JobStatus, DurableError> {
        let (engine, id) = self.job.recorded().await?;
        let result = engine.status(&id).await;
        result.map_err(|ending| ending.of(self.job.origin, Some(id)))
    }
}

impl<T: Recorded> DurableHandle<T> {
    /// Makes a handle for a job of this or another process, which may have ended meanwhile.
    ///
    /// `T` is what the function returns. That the id is that of such a function is seen when the value comes: else it
    /// is [`Undecodable`](crate::DurableErrorKind::Undecodable). A server keeps what a job came to for the retention of
    /// its namespace (24 hours by default on a dev server); after that the id is
    /// [`UnknownId`](crate::DurableErrorKind::UnknownId).
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_temporal::{DurableErrorKind, DurableHandle};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let temporal = spawn_temporal::local().build();
    /// let error = DurableHandle::<u32>::attach(&temporal, "add_one.v1/7").await.unwrap_err();
    /// assert_eq!(error.kind(), DurableErrorKind::UnknownId);
    /// # }
    /// ```
    #[track_caller]
    pub fn attach(temporal: &Temporal, id: impl Into<JobId>) -> Self {
        let origin = Origin::here(About::Attached);
        let recording = recorded(Ok(id.into()));
        let job = Handle::new(
            Some(temporal.engine.clone()),
            recording,
            Arc::default(),
            origin,
        );
        DurableHandle::new(job, crate::codec::codec())
    }
}

impl<T, E> DurableHandle<Result<T, E>> {
    /// Makes one `Result` of the two: that of the function, and that of the job.
    ///
    /// `E` has to be `From<DurableError>`. Without that, write `handle.await??`.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_temporal::{DurableError, background};
    /// # use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Debug, PartialEq, Serialize, Deserialize)]
    /// enum ReportError {
    ///     NoRows,
    ///     Job(String),
    /// }
    ///
    /// impl From<DurableError> for ReportError {
    ///     fn from(error: DurableError) -> Self {
    ///         ReportError::Job(error.to_string())
    ///     }
    /// }
    ///
    /// #[background(durable = "docs.flatten.v1")]
    /// async fn generate_report(id: u32) -> Result<String, ReportError> {
    ///     if id == 0 { Err(ReportError::NoRows) } else { Ok(format!("report {id}")) }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// spawn_temporal::local().install();
    /// assert_eq!(generate_report(7).flatten().await.unwrap(), "report 7");
    /// assert_eq!(generate_report(0).flatten().await, Err(ReportError::NoRows));
    /// # }
    /// ```
    pub fn flatten(self) -> Flatten<T, E>
    where
        E: FromDurableError,
    {
        Flatten {
            handle: self,
            convert: E::from_durable_error,
        }
    }
}

impl<T> Future for DurableHandle<T> {
    type Output = Result<T, DurableError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let waiting = this
            .waiting
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if !this.is_polled {
            this.is_polled = true;
            let (recording, engine) = (this.job.recording.clone(), this.job.engine.clone());
            *waiting = Some(Box::pin(async move {
                match (wait_for_recording(recording).await, engine) {
                    (Ok(id), Some(engine)) => (engine.outcome(&id).await, Some(id)),
                    (Ok(_), None) => unreachable!("only an engine records a job"),
                    (Err(ending), _) => (Err(ending), None),
                }
            }));
        }
        let Some(future) = waiting else {
            return Poll::Pending;
        };
        let Poll::Ready((outcome, id)) = future.as_mut().poll(cx) else {
            return Poll::Pending;
        };
        *waiting = None;
        Poll::Ready(match (outcome, id) {
            (Ok(json), id) => this.codec.decode(&json).map_err(|error| {
                let ending = Ending::new(
                    crate::DurableErrorKind::Undecodable,
                    format!("the result: {error}"),
                );
                ending.of(this.job.origin, id)
            }),
            (Err(ending), None) => Err(this.job.unrecorded(ending)),
            (Err(ending), id) => Err(ending.of(this.job.origin, id)),
        })
    }
}

// The value is in none of its fields.
impl<T> Unpin for DurableHandle<T> {}

impl<T> Debug for DurableHandle<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut handle = formatter.debug_struct("DurableHandle");
        handle.field("name", &self.name());
        if let Some(Ok(id)) = &*self.job.recording.borrow() {
            handle.field("id", &id.as_str());
        }
        handle
            .field("called_at", &format_args!("{}", self.called_at()))
            .finish()
    }
}

/// The future of [`DurableHandle::flatten`]: one `Result` of two.
///
/// Like the handle it is fused, and dropping it stops nothing.
#[must_use = "the job goes on without it; await it for the value"]
pub struct Flatten<T, E> {
    handle: DurableHandle<Result<T, E>>,
    // A value, so that the future has no bound of its own: a missing conversion is one error, at `flatten`.
    convert: fn(DurableError) -> E,
}

impl<T, E> Future for Flatten<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let convert = self.convert;
        let ended = Pin::new(&mut self.handle).poll(cx);
        ended.map(|ended| ended.unwrap_or_else(|error| Err(convert(error))))
    }
}

impl<T, E> Debug for Flatten<T, E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Flatten")
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}

/// `From<DurableError>`, with an error of its own.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`flatten` needs `{Self}: From<DurableError>`",
    label = "cannot be made of a `DurableError`",
    note = "implement `From<spawn_temporal::DurableError>` for it, or leave `flatten` out and write `.await??`"
)]
pub trait FromDurableError: Sized {
    #[allow(missing_docs)] // internal, and public only for the bound
    fn from_durable_error(error: DurableError) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<DurableError>> FromDurableError for E {
    fn from_durable_error(error: DurableError) -> E {
        error.into()
    }
}
