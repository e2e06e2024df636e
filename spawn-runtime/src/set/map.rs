use std::{
    borrow::Borrow,
    collections::HashMap,
    fmt::{self, Debug},
    future::poll_fn,
    hash::Hash,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use futures_core::Stream;

use super::{TaskSet, without_waiting};
use crate::{AbortOnDrop, TaskError, TaskHandle};

/// A collection of tasks by key: ask for one of them, cancel one, replace one, and receive each value with its key.
///
/// It takes [`TaskHandle`]s of any function, running anywhere. Dropping the map aborts the tasks in it.
/// A task that owns a map therefore ends the map's tasks when it is aborted. In a service, let it
/// [end after them](crate::TaskScope::shutdown). A task is in the map until its result is received, so one that
/// has ended is too.
///
/// | you want | use |
/// |---|---|
/// | the values as they come, each with its key | [`join_next`](Self::join_next), or the map as a [`Stream`] |
/// | all results, each with its key | [`join_all`](Self::join_all) |
/// | to end one task | [`cancel`](Self::cancel), [`abort`](Self::abort) |
/// | to end one task and wait until it is gone | [`remove`](Self::remove), then [`TaskHandle::stop`] |
/// | to start a task anew | [`insert`](Self::insert) |
///
/// Keys may be looked up by any borrowed form: a `String` by a `&str`. Each key is kept twice, so `K` is `Clone`. A
/// large key is cheaper in an [`Arc`](std::sync::Arc).
///
/// # Compared with tokio-util's `JoinMap`
///
/// tokio-util's `JoinMap` spawns its tasks itself and gives `JoinError`s. A map takes what runs already,
/// wherever it runs, and its errors name the task. Both end a task whose key is used again, and never
/// return its result from `join_next`; here [`insert`](Self::insert) returns its handle, so that the
/// caller can wait for its end or let it run on. A task can be asked for its state with
/// [`get`](Self::get), and taken out with [`remove`](Self::remove).
///
/// # Examples
///
/// ```
/// use spawn_runtime::{TaskMap, background};
///
/// #[background]
/// async fn fetch(host: String) -> usize {
///     // …
///     host.len()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut fetches = TaskMap::new();
/// for host in ["one.example", "three.example"] {
///     fetches.insert(host.to_owned(), fetch(host.to_owned()));
/// }
/// assert!(fetches.contains_key("one.example"));
/// assert!(fetches.cancel("three.example"));
///
/// while let Some((host, result)) = fetches.join_next().await {
///     match result {
///         Ok(length) => assert_eq!((host.as_str(), length), ("one.example", 11)),
///         Err(error) => assert!(host == "three.example" && error.is_cancelled()),
///     }
/// }
/// # }
/// ```
#[must_use = "dropping a `TaskMap` aborts its tasks; await one of its `join` methods"]
pub struct TaskMap<K, T> {
    tasks: TaskSet<T>,
    /// The index of each task in `tasks`.
    indices: HashMap<K, usize>,
    /// The key of the task at each index.
    keys: Vec<Option<K>>,
}

// No key is pinned.
impl<K, T> Unpin for TaskMap<K, T> {}

impl<K, T> TaskMap<K, T> {
    /// Returns an empty map.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskMap;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut map = TaskMap::<u32, ()>::new();
    /// assert!(map.is_empty());
    /// assert!(map.join_next().await.is_none()); // there is nothing to wait for
    /// # }
    /// ```
    pub fn new() -> Self {
        TaskMap {
            tasks: TaskSet::new(),
            indices: HashMap::new(),
            keys: Vec::new(),
        }
    }

    /// Returns how many tasks the map holds: inserted, and neither received nor removed.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Returns whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Returns the keys of the tasks that the map holds, in no particular order.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskMap, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let map = TaskMap::from_iter([('a', spawn(async { 1 })), ('b', spawn(async { 2 }))]);
    /// let mut keys: Vec<_> = map.keys().copied().collect();
    /// keys.sort();
    /// assert_eq!(keys, ['a', 'b']);
    /// # }
    /// ```
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> {
        self.indices.keys()
    }

    /// Waits for all tasks and returns their keys and results in the order in which they were inserted.
    ///
    /// It waits for all of them, also if some fail.
    ///
    /// # Errors
    ///
    /// None of its own: each element has the result of its task.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the map, which aborts the tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskMap, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let map = TaskMap::from_iter([("one", spawn(async { 1 })), ("two", spawn(async { panic!() }))]);
    /// let results = map.join_all().await;
    /// assert_eq!(results[0].0, "one");
    /// assert_eq!(*results[0].1.as_ref().unwrap(), 1);
    /// assert_eq!(results[1].0, "two");
    /// assert!(results[1].1.as_ref().unwrap_err().is_panic());
    /// # }
    /// ```
    pub async fn join_all(self) -> Vec<(K, Result<T, TaskError>)> {
        let TaskMap {
            mut tasks,
            indices,
            mut keys,
        } = self;
        drop(indices);
        let mut results = Vec::with_capacity(tasks.len());
        tasks
            .join_in_order(|index, result| {
                if let Some(key) = keys[index].take() {
                    results.push((key, result));
                }
            })
            .await;
        results
    }

    /// Asks each task to end, as [`TaskHandle::cancel`] does.
    ///
    /// Their results are still to be received.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{CancellationToken, TaskMap, background};
    ///
    /// #[background]
    /// async fn serve(#[cancel] token: CancellationToken) -> &'static str {
    ///     token.cancelled().await;
    ///     "tidied up"
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let map = TaskMap::from_iter([(80, serve()), (443, serve())]);
    /// map.cancel_all();
    /// for (_, result) in map.join_all().await {
    ///     assert_eq!(result.unwrap(), "tidied up");
    /// }
    /// # }
    /// ```
    pub fn cancel_all(&self) {
        self.tasks.cancel_all();
    }

    /// Aborts each task, as [`TaskHandle::abort`] does.
    ///
    /// Their results are still to be received. To wait until the tasks are gone, go on with
    /// [`join_all`](Self::join_all). To abort some, [`abort`](Self::abort) those of the
    /// [`keys`](Self::keys).
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskMap, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let map = TaskMap::from_iter([("forever", spawn(std::future::pending::<()>()))]);
    /// map.abort_all();
    /// assert!(map.join_all().await[0].1.as_ref().unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn abort_all(&self) {
        self.tasks.abort_all();
    }
}

impl<K: Hash + Eq, T> TaskMap<K, T> {
    /// Adds a task, of which the handle has not given the result yet; returns the one before of that key, if the map held it.
    ///
    /// The one before is taken out, whether it has ended or not: [`join_next`](Self::join_next) never
    /// returns its result. Dropping what this returns aborts it, as `JoinMap::spawn` does; it ends a
    /// little later, so the two tasks may run at once for a moment. Where they must not, first
    /// [`remove`](Self::remove) the old one and [`stop`](TaskHandle::stop) it. A failure of it is
    /// reported, unless it is awaited.
    ///
    /// The map keeps the new key, where equal keys can be told apart.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::{TaskMap, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut map = TaskMap::new();
    /// assert!(map.insert("config", spawn(std::future::pending())).is_none());
    ///
    /// let before = map.insert("config", spawn(async { 2 })).unwrap();
    /// assert!(before.stop(Duration::ZERO).await.unwrap_err().is_cancelled());
    ///
    /// let (key, result) = map.join_next().await.unwrap();
    /// assert_eq!((key, result.unwrap()), ("config", 2));
    /// assert!(map.is_empty());
    /// # }
    /// ```
    pub fn insert(&mut self, key: K, handle: TaskHandle<T>) -> Option<AbortOnDrop<T>>
    where
        K: Clone,
    {
        // A key is user code, which may panic: then the task ends, as in a map that is dropped.
        let handle = handle.abort_on_drop();
        let same = key.clone();
        let before = self.remove(&key).map(TaskHandle::abort_on_drop);
        let index = self.tasks.next_index();
        self.indices.insert(key, index);
        self.tasks.insert(handle.into_handle());
        if self.keys.len() <= index {
            self.keys.resize_with(index + 1, || None);
        }
        self.keys[index] = Some(same);
        before
    }

    /// Returns the handle of the task of this key, to ask it for its state.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskMap, spawn_named};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let map = TaskMap::from_iter([(7, spawn_named("seventh", async {}))]);
    /// let handle = map.get(&7).unwrap();
    /// assert_eq!(handle.name(), "seventh");
    /// assert!(!handle.is_finished());
    /// assert!(map.get(&8).is_none());
    /// # }
    /// ```
    pub fn get<Q>(&self, key: &Q) -> Option<&TaskHandle<T>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.tasks.get(*self.indices.get(key)?)
    }

    /// Returns whether the map holds a task of this key, ended or not.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskMap, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let map = TaskMap::from_iter([("import", spawn(async {}))]);
    /// assert!(map.contains_key("import"));
    /// assert!(!map.contains_key("export"));
    /// # }
    /// ```
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.get(key).is_some()
    }

    /// Asks the task of this key to end, as [`TaskHandle::cancel`] does; returns whether there is one.
    ///
    /// Its result is still to be received.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{CancellationToken, TaskMap, background};
    ///
    /// #[background]
    /// async fn serve(#[cancel] token: CancellationToken) -> &'static str {
    ///     token.cancelled().await;
    ///     "tidied up"
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut map = TaskMap::from_iter([(80, serve()), (443, serve())]);
    /// assert!(map.cancel(&443));
    /// assert!(!map.cancel(&8080));
    /// let (port, result) = map.join_next().await.unwrap();
    /// assert_eq!((port, result.unwrap()), (443, "tidied up"));
    /// # }
    /// ```
    pub fn cancel<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.get(key).map(TaskHandle::cancel).is_some()
    }

    /// Aborts the task of this key, as [`TaskHandle::abort`] does; returns whether there is one.
    ///
    /// Equivalent to `JoinMap::abort`: its result is still to be received.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskMap, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut map = TaskMap::from_iter([("forever", spawn(std::future::pending::<()>()))]);
    /// assert!(map.abort("forever"));
    /// let (key, result) = map.join_next().await.unwrap();
    /// assert_eq!(key, "forever");
    /// assert!(result.unwrap_err().is_cancelled());
    /// assert!(!map.abort("forever"));
    /// # }
    /// ```
    pub fn abort<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.get(key).map(TaskHandle::abort).is_some()
    }

    /// Takes the task of this key out and returns its handle: the map neither waits for it nor aborts it any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::{TaskMap, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut map = TaskMap::from_iter([("forever", spawn(std::future::pending::<()>()))]);
    /// let handle = map.remove("forever").unwrap();
    /// assert!(map.is_empty());
    /// assert!(handle.stop(Duration::ZERO).await.unwrap_err().is_cancelled());
    /// # }
    /// ```
    #[must_use = "dropping the handle lets the task run on; `abort` ends it"]
    pub fn remove<Q>(&mut self, key: &Q) -> Option<TaskHandle<T>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let index = self.indices.remove(key)?;
        self.keys[index] = None;
        self.tasks.take(index)
    }

    /// Waits for the next task to end and returns its key and result; `None` if the map is empty.
    ///
    /// Equivalent to `JoinMap::join_next`. Tasks that have ended are returned in turn, so that none of them starves.
    /// It takes part in tokio's [cooperative scheduling](tokio::task::coop).
    ///
    /// # Errors
    ///
    /// As for awaiting that task's handle. A cancelled task is an error like any other, and no panic.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no result is lost if its future is dropped, as `select!` does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::{TaskMap, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let mut map = TaskMap::new();
    /// for (name, seconds) in [("slow", 3), ("fast", 1)] {
    ///     map.insert(name, spawn(async move {
    ///         tokio::time::sleep(Duration::from_secs(seconds)).await;
    ///         seconds
    ///     }));
    /// }
    /// let (name, result) = map.join_next().await.unwrap();
    /// assert_eq!((name, result.unwrap()), ("fast", 1));
    /// assert!(!map.contains_key("fast"));
    /// # }
    /// ```
    pub async fn join_next(&mut self) -> Option<(K, Result<T, TaskError>)> {
        poll_fn(|cx| self.poll_join_next(Some(cx.waker()))).await
    }

    /// Returns the key and result of a task that has ended, and does not wait; `None` if none has ended, or the map is
    /// empty.
    ///
    /// Equivalent to `JoinMap::try_join_next`. To wait for one, use [`join_next`](Self::join_next).
    ///
    /// # Errors
    ///
    /// As [`join_next`](Self::join_next).
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskMap, spawn};
    /// use tokio::task::yield_now;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut map: TaskMap<_, _> = [("seven", spawn(async { 7 }))].into_iter().collect();
    /// assert!(map.try_join_next().is_none()); // it has not run yet
    /// yield_now().await;
    /// let (key, result) = map.try_join_next().unwrap();
    /// assert_eq!((key, result.unwrap()), ("seven", 7));
    /// # }
    /// ```
    pub fn try_join_next(&mut self) -> Option<(K, Result<T, TaskError>)> {
        without_waiting(|| self.poll_join_next(None))
    }

    fn poll_join_next(&mut self, waker: Option<&Waker>) -> Poll<Option<(K, Result<T, TaskError>)>> {
        while let Some((index, result)) = ready!(self.tasks.poll_next_result(waker)) {
            // There is one, unless a user's `Hash` or `Eq` panicked between.
            if let Some(key) = self.keys.get_mut(index).and_then(Option::take) {
                self.indices.remove(&key);
                return Poll::Ready(Some((key, result)));
            }
        }
        Poll::Ready(None)
    }
}

impl<K, T> Default for TaskMap<K, T> {
    fn default() -> Self {
        TaskMap::new()
    }
}

/// As [`insert`](TaskMap::insert) of each: of two tasks of the same key, the first is aborted.
impl<K: Hash + Eq + Clone, T> Extend<(K, TaskHandle<T>)> for TaskMap<K, T> {
    fn extend<I: IntoIterator<Item = (K, TaskHandle<T>)>>(&mut self, tasks: I) {
        for (key, handle) in tasks {
            drop(self.insert(key, handle));
        }
    }
}

/// As [`insert`](TaskMap::insert) of each: of two tasks of the same key, the first is aborted.
impl<K: Hash + Eq + Clone, T> Extend<(K, AbortOnDrop<T>)> for TaskMap<K, T> {
    fn extend<I: IntoIterator<Item = (K, AbortOnDrop<T>)>>(&mut self, tasks: I) {
        self.extend(
            tasks
                .into_iter()
                .map(|(key, handle)| (key, handle.into_handle())),
        );
    }
}

/// As [`insert`](TaskMap::insert) of each: of two tasks of the same key, the first is aborted.
impl<K: Hash + Eq + Clone, T> FromIterator<(K, AbortOnDrop<T>)> for TaskMap<K, T> {
    fn from_iter<I: IntoIterator<Item = (K, AbortOnDrop<T>)>>(tasks: I) -> Self {
        let mut map = TaskMap::new();
        map.extend(tasks);
        map
    }
}

/// As [`insert`](TaskMap::insert) of each: of two tasks of the same key, the first is aborted.
impl<K: Hash + Eq + Clone, T> FromIterator<(K, TaskHandle<T>)> for TaskMap<K, T> {
    fn from_iter<I: IntoIterator<Item = (K, TaskHandle<T>)>>(tasks: I) -> Self {
        let mut map = TaskMap::new();
        map.extend(tasks);
        map
    }
}

/// The results as they come, each with its key; it ends when the map is empty, and goes on after an [`insert`](TaskMap::insert).
impl<K: Hash + Eq, T> Stream for TaskMap<K, T> {
    type Item = (K, Result<T, TaskError>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_join_next(Some(cx.waker()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl<K: Debug, T> Debug for TaskMap<K, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = self
            .indices
            .iter()
            .filter_map(|(key, index)| Some((key, self.tasks.get(*index)?)));
        formatter.debug_map().entries(tasks).finish()
    }
}
