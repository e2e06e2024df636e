use std::fmt::{Debug, Display};

use crate::{
    Spawn, TaskHandle,
    error::Label as Text,
    spawner::CurrentRuntime,
    start::{start, start_blocking, start_local},
    task::{FixedName, Label, NoReport, Plain, ReportDebugOrString},
};

/// Spawns a future or closure at hand under a name, with a label, and where you say.
///
/// For a function of your own, prefer [`#[background]`](macro@crate::background) with its options `name`, `label` and
/// `on`. For a name alone there is [`spawn_named`](crate::spawn_named). The builder is modelled on tokio's unstable
/// `task::Builder`, which has names only.
///
/// # Examples
///
/// ```
/// use spawn_runtime::{TaskBuilder, TaskScope};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scope = TaskScope::new();
/// let order = 7;
/// let task = TaskBuilder::new("deliver")
///     .label(format_args!("order {order}"))
///     .spawn_result_on(&scope, async { Err::<(), _>("connection refused") });
/// assert_eq!(task.label(), Some("order 7"));
/// assert_eq!(task.await.unwrap(), Err("connection refused"));
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder spawns nothing before one of its `spawn` methods is called"]
pub struct TaskBuilder {
    name: &'static str,
    label: Option<Text>,
}

impl TaskBuilder {
    /// Returns a builder of tasks with this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskBuilder;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = TaskBuilder::new("answer").spawn(async { 42 });
    /// assert_eq!(task.name(), "answer");
    /// assert_eq!(task.await.unwrap(), 42);
    /// # }
    /// ```
    pub fn new(name: &'static str) -> Self {
        TaskBuilder { name, label: None }
    }

    /// Sets which one of the tasks with this name it is.
    ///
    /// The label is formatted at once, and appears beside the name in errors, failures, listings and reports.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskBuilder;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let builder = TaskBuilder::new("deliver").label(format_args!("order {}", 7));
    /// let error = builder.spawn(async { panic!("no address") }).await.unwrap_err();
    /// assert!(error.to_string().starts_with("task `deliver` (order 7) panicked: no address"));
    /// # }
    /// ```
    pub fn label(mut self, label: impl Display) -> Self {
        self.label = Some(label.to_string().into());
        self
    }

    /// Spawns a future on the runtime that the caller is in, as [`spawn`](crate::spawn) does.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, at the caller's line.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskBuilder;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = TaskBuilder::new("double").label(21).spawn(async { 2 * 21 });
    /// assert_eq!(task.label(), Some("21"));
    /// assert_eq!(task.await.unwrap(), 42);
    /// # }
    /// ```
    #[inline(always)] // one frame less for a large future in a debug build
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> TaskHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.spawn_on(&CurrentRuntime, future)
    }

    /// Spawns a future in a scope, on a runtime, or on a spawner of your own.
    ///
    /// # Panics
    ///
    /// In a scope, outside a tokio runtime, at the caller's line.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskBuilder, TaskScope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let task = TaskBuilder::new("double").label(21).spawn_on(&scope, async { 2 * 21 });
    /// assert_eq!(scope.tasks()[0].label(), Some("21"));
    /// assert_eq!(task.await.unwrap(), 42);
    /// # }
    /// ```
    #[inline(always)] // one frame less for a large future in a debug build
    #[track_caller]
    pub fn spawn_on<S, F>(self, spawner: &S, future: F) -> TaskHandle<F::Output>
    where
        S: Spawn,
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let name = FixedName(self.name);
        match self.label {
            None => start!(F; spawner, name, NoReport, Plain, future),
            Some(text) => start!(F; spawner, name, NoReport, Label::of(text, Plain), future),
        }
    }

    /// Spawns a future whose `Err` is reported if it is not received, as [`spawn_result`](crate::spawn_result) does.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, at the caller's line.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskBuilder;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = TaskBuilder::new("parse").label("many").spawn_result(async { "many".parse::<u32>() });
    /// assert!(task.await.unwrap().is_err());
    /// # }
    /// ```
    #[inline(always)] // one frame less for a large future in a debug build
    #[track_caller]
    pub fn spawn_result<F, T, E>(self, future: F) -> TaskHandle<Result<T, E>>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Debug + Send + 'static,
    {
        self.spawn_result_on(&CurrentRuntime, future)
    }

    /// Spawns such a future in a scope, on a runtime, or on a spawner of your own.
    ///
    /// # Panics
    ///
    /// In a scope, outside a tokio runtime, at the caller's line.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::{TaskBuilder, TaskScope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let task = TaskBuilder::new("parse").spawn_result_on(&scope, async { "many".parse::<u32>() });
    /// assert!(task.await.unwrap().is_err());
    /// assert_eq!(scope.shutdown(Duration::ZERO).await.failed, 1);
    /// # }
    /// ```
    #[inline(always)] // one frame less for a large future in a debug build
    #[track_caller]
    pub fn spawn_result_on<S, F, T, E>(self, spawner: &S, future: F) -> TaskHandle<Result<T, E>>
    where
        S: Spawn,
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Debug + Send + 'static,
    {
        let (name, report) = (FixedName(self.name), ReportDebugOrString);
        match self.label {
            None => start!(F; spawner, name, report, Plain, future),
            Some(text) => start!(F; spawner, name, report, Label::of(text, Plain), future),
        }
    }

    /// Spawns a function that blocks or computes, as [`spawn_blocking`](crate::spawn_blocking) does.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, at the caller's line.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskBuilder;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = TaskBuilder::new("sum").spawn_blocking(|| (1..=100).sum::<u32>());
    /// assert_eq!(task.await.unwrap(), 5_050);
    /// # }
    /// ```
    #[inline(always)] // one frame less for a large future in a debug build
    #[track_caller]
    pub fn spawn_blocking<F, T>(self, function: F) -> TaskHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.spawn_blocking_on(&CurrentRuntime, function)
    }

    /// Spawns such a function in a scope, on a runtime, or on a spawner of your own.
    ///
    /// # Panics
    ///
    /// In a scope, outside a tokio runtime, at the caller's line.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskBuilder, TaskScope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let task = TaskBuilder::new("sum").spawn_blocking_on(&scope, || (1..=100).sum::<u32>());
    /// assert_eq!(task.await.unwrap(), 5_050);
    /// # }
    /// ```
    #[inline(always)] // one frame less for a large future in a debug build
    #[track_caller]
    pub fn spawn_blocking_on<S, F, T>(self, spawner: &S, function: F) -> TaskHandle<T>
    where
        S: Spawn,
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let name = FixedName(self.name);
        match self.label {
            None => start_blocking!(F; spawner, name, NoReport, Plain, function),
            Some(text) => {
                start_blocking!(F; spawner, name, NoReport, Label::of(text, Plain), function)
            }
        }
    }

    /// Spawns a future that is not `Send` on the current `LocalSet`, as [`spawn_local`](crate::spawn_local) does.
    ///
    /// # Panics
    ///
    /// Outside a `LocalSet` or `LocalRuntime`, at the caller's line.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use spawn_runtime::TaskBuilder;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let text = Rc::new("not Send");
    /// let local = tokio::task::LocalSet::new();
    /// let length = local.run_until(async move {
    ///     TaskBuilder::new("length").spawn_local(async move { text.len() }).await
    /// });
    /// assert_eq!(length.await.unwrap(), 8);
    /// # }
    /// ```
    #[inline(always)] // one frame less for a large future in a debug build
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> TaskHandle<F::Output>
    where
        F: Future<Output: 'static> + 'static,
    {
        let name = FixedName(self.name);
        match self.label {
            None => start_local!(F; name, NoReport, Plain, future),
            Some(text) => start_local!(F; name, NoReport, Label::of(text, Plain), future),
        }
    }
}
