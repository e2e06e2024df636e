mod block;
mod woken;

use std::{
    fmt::{self, Debug},
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use tokio::task::coop;

use self::{
    block::{Block, PLACES},
    woken::Woken,
};
use crate::{TaskError, TaskHandle};

/// A collection of tasks whose values are wanted: as they come, or all in order.
///
/// It takes any [`TaskHandle`]s, of whatever function and wherever they run. Dropping it aborts the
/// tasks that it holds.
///
/// | you want | use |
/// |---|---|
/// | the values as they come | [`join_next`](Self::join_next), or the set as a [`Stream`] |
/// | all results, in the order in which the handles were pushed | [`join_all`](Self::join_all) |
/// | all values, or the first failure | [`try_join_all`](Self::try_join_all) |
/// | the same of functions that return a `Result` | [`try_flatten_all`](Self::try_flatten_all) |
///
/// tokio's [`JoinSet`](tokio::task::JoinSet) spawns its tasks itself and gives `JoinError`s;
/// otherwise it is the same kind of thing. Where nobody wants the values, a
/// [`TaskScope`](crate::TaskScope) keeps the tasks together, and keeps no memory of those that ended:
/// in a set, a value waits until it is received.
///
/// # Examples
///
/// ```
/// use spawn_runtime::{TaskSet, background};
///
/// #[background]
/// async fn square(number: u64) -> u64 {
///     number * number
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), spawn_runtime::TaskError> {
/// let set: TaskSet<u64> = (1..=4).map(square).collect();
/// assert_eq!(set.try_join_all().await?, [1, 4, 9, 16]);
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping a `TaskSet` aborts its tasks; await one of its `join` methods"]
pub struct TaskSet<T> {
    blocks: Vec<Block<T>>,
    /// Of the empty blocks, but for the one that is being filled.
    empty: Vec<usize>,
    /// The one that is being filled.
    filling: Option<usize>,
    /// The one that was woken and not yet seen through.
    current: Option<usize>,
    woken: Arc<Woken>,
    len: usize,
    /// The number of the first place of the next block.
    next: u64,
}

impl<T> TaskSet<T> {
    /// An empty set.
    pub fn new() -> Self {
        TaskSet {
            blocks: Vec::new(),
            empty: Vec::new(),
            filling: None,
            current: None,
            woken: Arc::default(),
            len: 0,
            next: 0,
        }
    }

    /// Adds a task.
    pub fn push(&mut self, handle: TaskHandle<T>) {
        let index = match self.filling {
            Some(index) if !self.blocks[index].is_full() => index,
            _ => self.start_block(),
        };
        self.blocks[index].push(handle);
        self.len += 1;
    }

    fn start_block(&mut self) -> usize {
        let index = self.empty.pop().unwrap_or_else(|| {
            let index = self.blocks.len();
            self.blocks.push(Block::new(self.woken.clone(), index));
            index
        });
        self.blocks[index].reset(self.next);
        self.next += PLACES as u64;
        self.filling = Some(index);
        index
    }

    /// How many tasks the set holds: pushed, and not yet received.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The result of the next task to end; `None` if the set is empty.
    ///
    /// # Errors
    ///
    /// As for awaiting that task's handle. A cancelled task is an error like any other, and no panic.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no result is lost if it is dropped, in `select!` say.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::{TaskSet, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let mut set = TaskSet::new();
    /// for seconds in [3, 1, 2] {
    ///     set.push(spawn(async move {
    ///         tokio::time::sleep(Duration::from_secs(seconds)).await;
    ///         seconds
    ///     }));
    /// }
    /// let mut received = Vec::new();
    /// while let Some(result) = set.join_next().await {
    ///     received.push(result.unwrap());
    /// }
    /// assert_eq!(received, [1, 2, 3]);
    /// # }
    /// ```
    pub async fn join_next(&mut self) -> Option<Result<T, TaskError>> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, TaskError>>> {
        self.poll_next_ended(cx, |handle, cx| Pin::new(handle).poll(cx))
            .map(|ended| ended.map(|(_, result)| result))
    }

    /// All results, in the order in which the handles were pushed. Waits for all, whatever becomes of
    /// some of them.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the set, which aborts the tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskSet, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let set = TaskSet::from_iter([spawn(async { 1 }), spawn(async { panic!() }), spawn(async { 3 })]);
    /// let results = set.join_all().await;
    /// assert_eq!(*results[0].as_ref().unwrap(), 1);
    /// assert!(results[1].as_ref().unwrap_err().is_panic());
    /// assert_eq!(*results[2].as_ref().unwrap(), 3);
    /// # }
    /// ```
    pub async fn join_all(mut self) -> Vec<Result<T, TaskError>> {
        // One by one: with all of them wanted, there is nothing to gain from hearing of each.
        self.blocks.sort_unstable_by_key(|block| block.first);
        let mut results = Vec::with_capacity(self.len);
        for block in &mut self.blocks {
            block.join_all(&mut results).await;
        }
        results
    }

    /// All values, in the order in which the handles were pushed; or the first failure.
    ///
    /// The first failure aborts the other tasks, and is returned when all of them are gone. Should one
    /// of those fail too, [`set_failure_hook`](crate::set_failure_hook) hears of it.
    ///
    /// # Errors
    ///
    /// If a task panicked, was cancelled, or ran out of its `timeout`: the error of the first.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the set, which aborts the tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskSet, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let set = TaskSet::from_iter([spawn(std::future::pending::<()>()), spawn(async { panic!("no luck") })]);
    /// let error = set.try_join_all().await.unwrap_err();
    /// assert_eq!(error.panic_message(), Some("no luck"));
    /// # }
    /// ```
    pub async fn try_join_all(self) -> Result<Vec<T>, TaskError> {
        self.try_all(|result| result).await
    }

    async fn try_all<U, E>(
        mut self,
        check: impl Fn(Result<T, TaskError>) -> Result<U, E>,
    ) -> Result<Vec<U>, E> {
        let mut values = Vec::with_capacity(self.len);
        while let Some((number, result)) = self.next_ended().await {
            match check(result) {
                Ok(value) => values.push((number, value)),
                Err(error) => {
                    self.abort_all();
                    self.wait_for_the_rest().await;
                    return Err(error);
                }
            }
        }
        Ok(in_order(values))
    }

    /// Asks each task to end, as [`TaskHandle::cancel`] does. Their results are still to be received.
    pub fn cancel_all(&self) {
        self.handles().for_each(TaskHandle::cancel);
    }

    /// Aborts each task, as [`TaskHandle::abort`] does. Their results are still to be received.
    pub fn abort_all(&self) {
        self.handles().for_each(TaskHandle::abort);
    }

    fn handles(&self) -> impl Iterator<Item = &TaskHandle<T>> {
        self.blocks.iter().flat_map(Block::handles)
    }

    async fn next_ended(&mut self) -> Option<(u64, Result<T, TaskError>)> {
        poll_fn(|cx| self.poll_next_ended(cx, |handle, cx| Pin::new(handle).poll(cx))).await
    }

    async fn wait_for_the_rest(&mut self) {
        poll_fn(|cx| {
            while ready!(self.poll_next_ended(cx, TaskHandle::poll_unreceived)).is_some() {}
            Poll::Ready(())
        })
        .await;
    }

    /// The number of a task that has ended, and what `receive` made of it.
    fn poll_next_ended<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut receive: impl FnMut(&mut TaskHandle<T>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<Option<(u64, R)>> {
        loop {
            if self.len == 0 {
                return Poll::Ready(None);
            }
            // Without it, handles that are ready say that they are not, and would be asked for ever.
            if !coop::has_budget_remaining() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let index = match self.current {
                Some(index) => index,
                None => {
                    let index = ready!(self.woken.poll_block(cx));
                    self.blocks[index].look();
                    self.current = Some(index);
                    index
                }
            };
            let block = &mut self.blocks[index];
            let Some(ended) = block.next_ended(&mut receive) else {
                self.current = None;
                continue;
            };
            self.len -= 1;
            if block.is_empty() {
                self.current = None;
                if self.filling == Some(index) {
                    self.filling = None;
                }
                self.empty.push(index);
            }
            return Poll::Ready(Some(ended));
        }
    }
}

impl<U, E: From<TaskError>> TaskSet<Result<U, E>> {
    /// All values, in the order in which the handles were pushed; or the first `Err` or failure.
    ///
    /// As [`try_join_all`](Self::try_join_all), for functions that return a `Result`: their `Err` counts
    /// too, and both kinds of error are one, as with [`TaskHandle::flatten`].
    ///
    /// # Errors
    ///
    /// The first `Err`, or the first failure as an `E`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the set, which aborts the tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    /// use spawn_runtime::{TaskSet, background};
    ///
    /// #[background]
    /// async fn size(name: &'static str) -> io::Result<usize> {
    ///     if name.is_empty() {
    ///         return Err(io::Error::other("no name"));
    ///     }
    ///     Ok(name.len())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let sizes: TaskSet<_> = ["a", "bc"].into_iter().map(size).collect();
    /// assert_eq!(sizes.try_flatten_all().await.unwrap(), [1, 2]);
    ///
    /// let sizes: TaskSet<_> = ["a", ""].into_iter().map(size).collect();
    /// assert_eq!(sizes.try_flatten_all().await.unwrap_err().to_string(), "no name");
    /// # }
    /// ```
    pub async fn try_flatten_all(self) -> Result<Vec<U>, E> {
        self.try_all(|result| result.unwrap_or_else(|error| Err(E::from(error))))
            .await
    }
}

fn in_order<V>(mut numbered: Vec<(u64, V)>) -> Vec<V> {
    numbered.sort_unstable_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, value)| value).collect()
}

impl<T> Default for TaskSet<T> {
    fn default() -> Self {
        TaskSet::new()
    }
}

impl<T> Extend<TaskHandle<T>> for TaskSet<T> {
    fn extend<I: IntoIterator<Item = TaskHandle<T>>>(&mut self, handles: I) {
        for handle in handles {
            self.push(handle);
        }
    }
}

impl<T> FromIterator<TaskHandle<T>> for TaskSet<T> {
    fn from_iter<I: IntoIterator<Item = TaskHandle<T>>>(handles: I) -> Self {
        let mut set = TaskSet::new();
        set.extend(handles);
        set
    }
}

/// The results as they come; it ends when the set is empty, and goes on after a [`push`](TaskSet::push).
impl<T> Stream for TaskSet<T> {
    type Item = Result<T, TaskError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_join_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len, Some(self.len))
    }
}

impl<T> Drop for TaskSet<T> {
    fn drop(&mut self) {
        self.abort_all();
    }
}

impl<T> Debug for TaskSet<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TaskSet")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}
