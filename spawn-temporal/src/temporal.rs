use std::{
    fmt::{self, Debug},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use temporalio_client::ConnectionOptions;

use crate::{
    DurableError, Worker,
    engine::Engine,
    error::{About, Ending, Origin},
    remote::Remote,
};

static INSTALLED: RwLock<Option<Temporal>> = RwLock::new(None);

/// Where durable functions are recorded and run: a task queue of a Temporal server, or the [local](crate::local)
/// engine.
///
/// A clone is the same one. A function uses the [installed](Self::install) one, or the one that it names with
/// `on = temporal`.
///
/// # Examples
///
/// ```no_run
/// use spawn_temporal::{DurableError, Temporal, background};
///
/// #[background(durable = "reports.generate.v1", on = temporal)]
/// async fn generate_report(temporal: &Temporal, id: u32) -> String {
///     format!("report {id}")
/// }
///
/// # async fn run() -> Result<(), DurableError> {
/// let temporal = Temporal::connect("http://127.0.0.1:7233", "default", "reports").await?;
/// assert_eq!(generate_report(&temporal, 7).await?, "report 7");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Temporal {
    pub(crate) engine: Engine,
}

impl Temporal {
    pub(crate) fn new(engine: Engine) -> Self {
        Temporal { engine }
    }

    /// Connects to a server, for a namespace and a task queue.
    ///
    /// Those who start jobs and those who run them name the same queue. For TLS, an API key or a proxy, see
    /// [`connect_with`](Self::connect_with).
    ///
    /// # Errors
    ///
    /// [`NotAccepted`](crate::DurableErrorKind::NotAccepted) if the address is no URL,
    /// [`Unavailable`](crate::DurableErrorKind::Unavailable) if no server answers there. It does not try again.
    /// A later outage is another matter: see [`patience`](Self::patience).
    #[track_caller]
    pub fn connect(
        address: &str,
        namespace: &str,
        task_queue: &str,
    ) -> impl Future<Output = Result<Self, DurableError>> + Send + use<> {
        let options = Remote::options(address);
        Temporal::connect_by(
            options,
            namespace.to_owned(),
            task_queue.to_owned(),
            Origin::here(About::Connection),
        )
    }

    /// Connects with the options of the SDK's client, which know TLS, API keys, headers and proxies.
    ///
    /// # Errors
    ///
    /// As those of [`connect`](Self::connect).
    #[track_caller]
    pub fn connect_with(
        options: ConnectionOptions,
        namespace: &str,
        task_queue: &str,
    ) -> impl Future<Output = Result<Self, DurableError>> + Send + use<> {
        Temporal::connect_by(
            Ok(options),
            namespace.to_owned(),
            task_queue.to_owned(),
            Origin::here(About::Connection),
        )
    }

    async fn connect_by(
        options: Result<ConnectionOptions, Ending>,
        namespace: String,
        task_queue: String,
        origin: Origin,
    ) -> Result<Self, DurableError> {
        let connected = async { Remote::connect(options?, namespace, task_queue).await };
        match connected.await {
            Ok(remote) => Ok(Temporal::new(Engine::Remote(Arc::new(remote)))),
            Err(ending) => Err(ending.of(origin, None)),
        }
    }

    /// Sets for how long those who wait for a value stay patient with a server that does not answer. Default: a minute.
    ///
    /// After that they get [`Unavailable`](crate::DurableErrorKind::Unavailable). The job is not touched: it can be
    /// [attached](crate::DurableHandle::attach) to again. Does nothing on the local engine.
    pub fn patience(self, patience: Duration) -> Self {
        match self.engine {
            Engine::Remote(remote) => {
                Temporal::new(Engine::Remote(Arc::new(remote.with_patience(patience))))
            }
            Engine::Local(_) => self,
        }
    }

    /// Lets all durable functions of the process use this one, but those that name another with `on`.
    ///
    /// It may be called again; the last one counts for the calls that follow.
    pub fn install(self) -> Self {
        let mut installed = INSTALLED.write().unwrap_or_else(PoisonError::into_inner);
        *installed = Some(self.clone());
        self
    }

    pub(crate) fn installed() -> Option<Self> {
        INSTALLED
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Makes a worker, which runs jobs of the task queue in this process.
    pub fn worker(&self) -> Worker {
        Worker::new(self.engine.clone())
    }
}

impl Debug for Temporal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.engine {
            Engine::Local(_) => formatter.write_str("Temporal(local)"),
            Engine::Remote(remote) => formatter
                .debug_struct("Temporal")
                .field("namespace", &remote.namespace)
                .field("task_queue", &remote.task_queue)
                .finish(),
        }
    }
}

/// What `on = …` can be, for a durable function.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a durable function is recorded on a `Temporal`, and `on` is a `{Self}`",
    label = "not a `Temporal`",
    note = "write `on = temporal` with a parameter `temporal: &Temporal`, or leave `on` out to use the installed one"
)]
pub trait On {
    #[allow(missing_docs)] // internal
    fn temporal(&self) -> Option<Temporal>;
}

/// No `on`.
#[doc(hidden)]
pub struct Installed;

impl On for Installed {
    fn temporal(&self) -> Option<Temporal> {
        Temporal::installed()
    }
}

impl On for Temporal {
    fn temporal(&self) -> Option<Temporal> {
        Some(self.clone())
    }
}

impl<T: On + ?Sized> On for &T {
    fn temporal(&self) -> Option<Temporal> {
        (**self).temporal()
    }
}

impl<T: On + ?Sized> On for Arc<T> {
    fn temporal(&self) -> Option<Temporal> {
        (**self).temporal()
    }
}
