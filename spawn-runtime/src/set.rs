//! Many tasks whose values are wanted: `TaskSet`, and `TaskMap`, which is one with keys.

mod block;
mod map;
mod woken;

use std::{
    fmt::{self, Debug},
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use futures_core::Stream;
use tokio::task::{Id, coop, unconstrained};

pub use self::map::TaskMap;
use self::{
    block::{Block, SLOTS},
    woken::Woken,
};
use crate::{AbortOnDrop, TaskError, TaskHandle, error::catch_panic};

/// A collection of tasks whose values are wanted: as they come, or all in order.
///
/// It takes [`TaskHandle`]s of any function, running anywhere. Dropping the set aborts the tasks in it.
/// A task that owns a set therefore ends the set's tasks when it is aborted. In a service, let it
/// [end after them](crate::TaskScope::shutdown).
///
/// | you want | use |
/// |---|---|
/// | the values as they come | [`join_next`](Self::join_next), or the set as a [`Stream`] |
/// | to know which task a value is from | [`join_next_with_id`](Self::join_next_with_id), or a [`TaskMap`] |
/// | all results, in the order in which the handles were pushed | [`join_all`](Self::join_all) |
/// | all values, or the first failure | [`try_join_all`](Self::try_join_all) |
/// | the same of functions that return a `Result` | [`try_flatten_all`](Self::try_flatten_all) |
///
/// A value waits in the set until it is received. Where no value is wanted, a
/// [`TaskScope`](crate::TaskScope) keeps the tasks together, and keeps no memory of those that ended.
///
/// As a `Vec` keeps its capacity, a set keeps the room for as many tasks as it ever held at once, until it is dropped:
/// less than 100 bytes for each. It does not keep the tasks themselves.
///
/// # Compared with tokio's `JoinSet`
///
/// A [`JoinSet`](tokio::task::JoinSet) spawns its tasks itself and gives `JoinError`s. A set takes what
/// runs already, wherever it runs, and its errors name the task. Its [`join_all`](Self::join_all) keeps
/// the order and gives each result, where `JoinSet::join_all` panics if a task was cancelled.
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
    /// The indices of the empty blocks, without the one that is being filled.
    empty: Vec<usize>,
    /// The index of the block that is being filled.
    filling: Option<usize>,
    /// The index of the block that was woken, and whose tasks are not all looked at yet.
    current: Option<usize>,
    woken: Arc<Woken>,
    len: usize,
    /// The number of the first slot of the next block.
    next: u64,
}

impl<T> TaskSet<T> {
    /// Returns an empty set.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskSet;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut set = TaskSet::<()>::new();
    /// assert!(set.is_empty());
    /// assert!(set.join_next().await.is_none()); // there is nothing to wait for
    /// # }
    /// ```
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

    /// Adds a task, of which the handle has not given the result yet.
    ///
    /// The set can be waited for while it is filled: a [`join_next`](Self::join_next) that was polled
    /// before is woken for tasks that are pushed after. For an [`AbortOnDrop`], push what its
    /// [`into_handle`](AbortOnDrop::into_handle) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskSet, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut set = TaskSet::new();
    /// set.push(spawn(async { 1 }));
    /// assert_eq!(set.join_next().await.unwrap().unwrap(), 1);
    /// # }
    /// ```
    pub fn push(&mut self, handle: TaskHandle<T>) {
        self.insert(handle);
    }

    /// Adds a task, which has the [`next_index`](Self::next_index) until it leaves the set.
    fn insert(&mut self, handle: TaskHandle<T>) {
        let block = self.block_to_fill();
        self.len += 1;
        self.blocks[block].push(handle);
    }

    /// Returns the index of the next task that is added.
    fn next_index(&mut self) -> usize {
        let block = self.block_to_fill();
        block * SLOTS + self.blocks[block].next_slot()
    }

    fn block_to_fill(&mut self) -> usize {
        match self.filling {
            Some(block) if !self.blocks[block].is_full() => block,
            _ => self.start_block(),
        }
    }

    fn get(&self, index: usize) -> Option<&TaskHandle<T>> {
        self.blocks.get(index / SLOTS)?.get(index % SLOTS)
    }

    /// Takes a task out: it is none of the set's any more.
    fn take(&mut self, index: usize) -> Option<TaskHandle<T>> {
        let block = index / SLOTS;
        let handle = self.blocks.get_mut(block)?.take(index % SLOTS)?;
        self.one_left(block);
        if self.len == 0 {
            // There is nothing left to wait for.
            self.woken.wake();
        }
        Some(handle)
    }

    /// A task has left this block.
    fn one_left(&mut self, block: usize) {
        self.len -= 1;
        if self.blocks[block].is_empty() {
            if self.current == Some(block) {
                self.current = None;
            }
            if self.filling == Some(block) {
                self.filling = None;
            }
            self.empty.push(block);
        }
    }

    fn start_block(&mut self) -> usize {
        let index = self.empty.pop().unwrap_or_else(|| {
            let index = self.blocks.len();
            self.blocks.push(Block::new(self.woken.clone(), index));
            index
        });
        self.blocks[index].reset(self.next);
        self.next += SLOTS as u64;
        self.filling = Some(index);
        index
    }

    /// Returns how many tasks the set holds: pushed, and not yet received.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Waits for the next task to end and returns its result; `None` if the set is empty.
    ///
    /// Equivalent to [`JoinSet::join_next`](tokio::task::JoinSet::join_next). Tasks that have ended are returned in
    /// turn, so that none of them starves. It takes part in tokio's [cooperative scheduling](tokio::task::coop).
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
        poll_fn(|cx| self.poll_join_next(Some(cx.waker()))).await
    }

    /// Returns the result of a task that has ended, and does not wait; `None` if none has ended, or the set is empty.
    ///
    /// Equivalent to [`JoinSet::try_join_next`](tokio::task::JoinSet::try_join_next). To wait for one, use
    /// [`join_next`](Self::join_next).
    ///
    /// # Errors
    ///
    /// As [`join_next`](Self::join_next).
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskSet, spawn};
    /// use tokio::task::yield_now;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut set: TaskSet<_> = [spawn(async { 7 })].into_iter().collect();
    /// assert!(set.try_join_next().is_none()); // it has not run yet
    /// yield_now().await;
    /// assert_eq!(set.try_join_next().unwrap().unwrap(), 7);
    /// assert!(set.try_join_next().is_none());
    /// # }
    /// ```
    pub fn try_join_next(&mut self) -> Option<Result<T, TaskError>> {
        without_waiting(|| self.poll_join_next(None))
    }

    fn poll_join_next(&mut self, waker: Option<&Waker>) -> Poll<Option<Result<T, TaskError>>> {
        self.poll_next_result(waker)
            .map(|ended| ended.map(|(_, result)| result))
    }

    /// Waits for the next task to end and returns its id with its result; `None` if the set is empty.
    ///
    /// The id is that of the task's handle. Equivalent to
    /// [`JoinSet::join_next_with_id`](tokio::task::JoinSet::join_next_with_id), but the id stands beside
    /// the result, so that it is at hand for an error too.
    ///
    /// # Errors
    ///
    /// As [`join_next`](Self::join_next).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe, as [`join_next`](Self::join_next).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use spawn_runtime::{TaskSet, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut set = TaskSet::new();
    /// let mut hosts = HashMap::new();
    /// for host in ["one.example", "two.example"] {
    ///     let handle = spawn(async move { host.len() });
    ///     hosts.insert(handle.id(), host);
    ///     set.push(handle);
    /// }
    /// while let Some((id, result)) = set.join_next_with_id().await {
    ///     assert_eq!(result.unwrap(), hosts[&id].len());
    /// }
    /// # }
    /// ```
    pub async fn join_next_with_id(&mut self) -> Option<(Id, Result<T, TaskError>)> {
        let ended = poll_fn(|cx| {
            self.poll_next_ended(Some(cx.waker()), |handle, cx| {
                let polled = Pin::new(&mut *handle).poll(cx);
                polled.map(|result| (handle.id(), result))
            })
        });
        ended.await.map(|(_, with_id)| with_id)
    }

    /// Waits for all tasks and returns their results in the order in which the handles were pushed.
    ///
    /// It waits for all of them, also if some fail. Unlike [`JoinSet::join_all`](tokio::task::JoinSet::join_all) it
    /// does not panic because of a task that panicked or was cancelled.
    ///
    /// # Errors
    ///
    /// None of its own: each element has the result of its task.
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
        let mut results = Vec::with_capacity(self.len);
        self.join_in_order(|_, result| results.push(result)).await;
        results
    }

    /// Waits for all, and gives their indices and results in the order of insertion. The set is of no
    /// further use then.
    async fn join_in_order(&mut self, mut give: impl FnMut(usize, Result<T, TaskError>)) {
        // One by one: with all of them wanted, there is nothing to gain from hearing of each.
        self.blocks.sort_unstable_by_key(Block::order);
        for block in &mut self.blocks {
            block.join_all(&mut give).await;
        }
    }

    /// Waits for all tasks and returns their values in the order of the pushes, or the first failure.
    ///
    /// The first failure aborts the other tasks, and is returned when all of them are gone. If one of those fails
    /// too, that is reported to the hook of [`set_failure_hook`](crate::set_failure_hook).
    ///
    /// # Errors
    ///
    /// If a task panicked, was cancelled or refused, or ran out of its `timeout`: the error of the first.
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
        while let Some((index, result)) =
            poll_fn(|cx| self.poll_next_result(Some(cx.waker()))).await
        {
            match check(result) {
                Ok(value) => values.push((self.number(index), value)),
                Err(error) => {
                    self.abort_all();
                    self.wait_for_the_rest().await;
                    return Err(error);
                }
            }
        }
        Ok(in_order(values))
    }

    /// Asks each task to end, as [`TaskHandle::cancel`] does.
    ///
    /// Their results are still to be received.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{CancellationToken, TaskSet, background};
    ///
    /// #[background]
    /// async fn serve(#[cancel] token: CancellationToken) -> &'static str {
    ///     token.cancelled().await;
    ///     "tidied up"
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let set = TaskSet::from_iter([serve(), serve()]);
    /// set.cancel_all();
    /// assert_eq!(set.try_join_all().await.unwrap(), ["tidied up"; 2]);
    /// # }
    /// ```
    pub fn cancel_all(&self) {
        self.for_each(TaskHandle::cancel);
    }

    /// Aborts each task, as [`TaskHandle::abort`] does.
    ///
    /// Equivalent to [`JoinSet::abort_all`](tokio::task::JoinSet::abort_all): their results are still to
    /// be received. To wait until the tasks are gone, go on with [`join_all`](Self::join_all).
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskSet, spawn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let set = TaskSet::from_iter([spawn(std::future::pending::<()>())]);
    /// set.abort_all();
    /// assert!(set.join_all().await[0].as_ref().unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn abort_all(&self) {
        self.for_each(TaskHandle::abort);
    }

    /// Calls `act` with each handle. An abort or a token may wake a user's waker: one that panics keeps no task after it
    /// alive.
    fn for_each(&self, act: impl Fn(&TaskHandle<T>)) {
        for handle in self.blocks.iter().flat_map(Block::handles) {
            catch_panic(|| act(handle));
        }
    }

    /// Returns the number, in the order of insertion, of the task that has or last had this index.
    fn number(&self, index: usize) -> u64 {
        self.blocks[index / SLOTS].number(index % SLOTS)
    }

    /// Returns the index that a task had, which has ended, and its result.
    fn poll_next_result(
        &mut self,
        waker: Option<&Waker>,
    ) -> Poll<Option<(usize, Result<T, TaskError>)>> {
        self.poll_next_ended(waker, |handle, cx| Pin::new(handle).poll(cx))
    }

    async fn wait_for_the_rest(&mut self) {
        poll_fn(|cx| {
            while ready!(self.poll_next_ended(Some(cx.waker()), TaskHandle::poll_unreceived))
                .is_some()
            {}
            Poll::Ready(())
        })
        .await;
    }

    /// Returns the index that a task had, which has ended, and what `receive` made of it. While there is none, `waker`
    /// waits for one; without it nothing does.
    fn poll_next_ended<R>(
        &mut self,
        waker: Option<&Waker>,
        mut receive: impl FnMut(&mut TaskHandle<T>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<Option<(usize, R)>> {
        loop {
            if self.len == 0 {
                return Poll::Ready(None);
            }
            // Without it, handles that are ready say that they are not, and would be asked without end.
            if !coop::has_budget_remaining() {
                if let Some(waker) = waker {
                    waker.wake_by_ref();
                }
                return Poll::Pending;
            }
            let block = match self.current {
                Some(block) => block,
                None => {
                    let block = ready!(self.woken.poll_block(waker));
                    self.blocks[block].look();
                    self.current = Some(block);
                    block
                }
            };
            let Some((slot, received)) = self.blocks[block].next_ended(&mut receive) else {
                self.current = None;
                continue;
            };
            self.one_left(block);
            return Poll::Ready(Some((block * SLOTS + slot, received)));
        }
    }
}

/// Polls once, also if the task has used up its budget: what has ended is there to be received.
fn without_waiting<T>(mut poll: impl FnMut() -> Poll<Option<T>>) -> Option<T> {
    let once = pin!(unconstrained(poll_fn(|_| poll())));
    match once.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(ended) => ended,
        Poll::Pending => None,
    }
}

impl<U, E: From<TaskError>> TaskSet<Result<U, E>> {
    /// Waits for all tasks and returns their values in the order of the pushes, or the first `Err` or failure.
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

impl<T> Extend<AbortOnDrop<T>> for TaskSet<T> {
    fn extend<I: IntoIterator<Item = AbortOnDrop<T>>>(&mut self, handles: I) {
        for handle in handles {
            self.push(handle.into_handle());
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

impl<T> FromIterator<AbortOnDrop<T>> for TaskSet<T> {
    fn from_iter<I: IntoIterator<Item = AbortOnDrop<T>>>(handles: I) -> Self {
        let mut set = TaskSet::new();
        set.extend(handles);
        set
    }
}

/// The results as they come; it ends when the set is empty, and goes on after a [`push`](TaskSet::push).
impl<T> Stream for TaskSet<T> {
    type Item = Result<T, TaskError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_join_next(Some(cx.waker()))
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
