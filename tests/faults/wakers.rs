use std::{
    future::pending,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use spawn_runtime::{Spawn, Task, TaskScope, background};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, LocalSet, yield_now},
};

#[derive(Default)]
struct Counts(AtomicUsize);

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Uses the scope when it is woken, and when it is dropped.
struct Reenters(TaskScope);

impl Reenters {
    fn reenter(&self) {
        let _ = self.0.is_cancelled();
        let _ = (self.0.len(), self.0.tasks(), self.0.is_empty());
        let child = self.0.child();
        let _ = child.token().is_cancelled();
        let mut wait = pin!(self.0.wait());
        let _ = wait.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        self.0.spawn(async {}).detach();
    }
}

impl Wake for Reenters {
    fn wake(self: Arc<Self>) {
        self.reenter();
    }
}

impl Drop for Reenters {
    fn drop(&mut self) {
        self.reenter();
    }
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a bad waker");
    }
}

fn poll<F: Future>(future: std::pin::Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

// tokio #4497: the last waker is the one that is woken.
#[tokio::test]
async fn tokio_4497_wait_wakes_its_last_waker() {
    let scope = TaskScope::new();
    let task = scope.spawn(yield_now());
    let (first, second) = (Arc::new(Counts::default()), Arc::new(Counts::default()));
    let mut wait = pin!(scope.wait());
    assert!(poll(wait.as_mut(), &Waker::from(first.clone())).is_pending());
    assert!(poll(wait.as_mut(), &Waker::from(second.clone())).is_pending());
    task.await.unwrap();
    assert_eq!((first.0.load(SeqCst), second.0.load(SeqCst)), (0, 1));
    assert!(poll(wait.as_mut(), Waker::noop()).is_ready());
}

#[tokio::test]
async fn a_wait_that_is_given_up_keeps_no_waker() {
    let scope = TaskScope::new();
    scope.spawn(pending::<()>()).detach();
    let counts = Arc::new(Counts::default());
    for _ in 0..3 {
        let mut wait = pin!(scope.wait());
        assert!(poll(wait.as_mut(), &Waker::from(counts.clone())).is_pending());
    }
    assert_eq!(Arc::strong_count(&counts), 1);
}

// tokio-util #8556, tokio #8529, #5429: wakers were woken, or dropped, under a lock.
#[tokio::test]
async fn tokio_util_8556_wakers_may_use_the_scope() {
    let scope = TaskScope::new();
    let parent = TaskScope::new();
    for scope in [scope, parent.child()] {
        let task = scope.spawn(yield_now());
        let waker = || Waker::from(Arc::new(Reenters(scope.clone())));
        {
            let mut wait = pin!(scope.wait());
            assert!(poll(wait.as_mut(), &waker()).is_pending());
            // Drops the first.
            assert!(poll(wait.as_mut(), &waker()).is_pending());
            let token = scope.token();
            let mut cancelled = pin!(token.cancelled());
            assert!(poll(cancelled.as_mut(), &waker()).is_pending());
            scope.cancel();
            assert!(poll(cancelled.as_mut(), Waker::noop()).is_ready());
            let _ = task.await;
            scope.wait().await;
            let mut shutdown = pin!(scope.shutdown(Duration::ZERO));
            let _ = poll(shutdown.as_mut(), &waker());
        }
        scope.shutdown(Duration::ZERO).await.is_clean();
    }
}

// One waker panics when a task ends. All others are still woken, and the counts are right.
#[tokio::test(start_paused = true)]
async fn a_waker_that_panics_leaves_no_other_waiting() {
    let parent = TaskScope::new();
    let scope = parent.child();
    let sibling = Arc::new(Counts::default());
    let mut bad = pin!(scope.wait());
    let mut good = pin!(scope.wait());
    let mut above = pin!(parent.wait());
    let task = scope.spawn(async { 5 });
    assert!(poll(bad.as_mut(), &Waker::from(Arc::new(Panics))).is_pending());
    assert!(poll(good.as_mut(), &Waker::from(sibling.clone())).is_pending());
    assert!(poll(above.as_mut(), &Waker::from(sibling.clone())).is_pending());
    assert_eq!(
        task.await.unwrap(),
        5,
        "a waiter does not harm the tasks of the scope"
    );
    assert_eq!(sibling.0.load(SeqCst), 2);
    assert!(poll(good.as_mut(), Waker::noop()).is_ready());
    assert!(poll(above.as_mut(), Waker::noop()).is_ready());
    assert!(scope.is_empty() && parent.is_empty());
    let report = parent.shutdown(Duration::from_secs(5)).await;
    assert_eq!((report.finished, report.panicked), (1, 0), "{report}");
    assert!(report.still_running.is_empty(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_waker_that_panics_at_the_token_does_not_stop_a_shutdown() {
    let scope = TaskScope::new();
    let token = scope.token();
    let mut bad = pin!(token.cancelled());
    assert!(poll(bad.as_mut(), &Waker::from(Arc::new(Panics))).is_pending());
    let handle = scope.spawn(pending::<()>());
    // Its caller does not see the panic.
    let report = scope.shutdown(Duration::from_secs(1)).await;
    assert_eq!(report.aborted.len(), 1, "{report}");
    assert!(handle.await.unwrap_err().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_waker_that_panics_at_the_token_harms_no_failing_task_and_no_drop() {
    let scope = TaskScope::builder().fail_fast().build();
    let token = scope.token();
    let mut bad = pin!(token.cancelled());
    assert!(poll(bad.as_mut(), &Waker::from(Arc::new(Panics))).is_pending());
    let fails = scope.spawn(async { std::panic::resume_unwind(Box::new("no more")) });
    let ended: Result<(), _> = fails.await;
    assert_eq!(ended.unwrap_err().panic_message(), Some("no more"));
    assert!(scope.is_closed() && scope.is_cancelled() && scope.is_empty());

    let scope = TaskScope::new();
    let token = scope.token();
    let mut bad = pin!(token.cancelled());
    assert!(poll(bad.as_mut(), &Waker::from(Arc::new(Panics))).is_pending());
    let task = scope.spawn(pending::<()>());
    drop(scope);
    assert!(task.await.unwrap_err().is_cancelled());
}

/// Where a limited function waits for its permit.
#[derive(Clone)]
enum Place {
    Scope(TaskScope),
    LocalSet,
}

impl Spawn for Place {
    type Owned = Place;

    fn spawner(&self) -> Place {
        self.clone()
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        match self {
            Place::Scope(scope) => Spawn::spawn(scope, task),
            Place::LocalSet => tokio::task::spawn_local(task),
        }
    }

    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        match self {
            Place::Scope(scope) => Spawn::spawn_blocking(scope, function),
            Place::LocalSet => tokio::task::spawn_blocking(function),
        }
    }
}

#[background(on = place, limit = 1)]
async fn limited(place: &Place, begun: oneshot::Sender<()>, go: oneshot::Receiver<()>) -> u32 {
    let _ = begun.send(());
    let _ = go.await;
    5
}

#[background(on = place, blocking, limit = 1)]
fn limited_call(place: &Place, begun: oneshot::Sender<()>, go: mpsc::Receiver<()>) -> u32 {
    let _ = begun.send(());
    let _ = go.recv();
    5
}

// A permit that is given back wakes a task on a `LocalSet`, and that the waker with which the set was polled.
#[tokio::test]
async fn a_waker_that_panics_when_a_permit_is_given_back_does_not_change_the_end_of_its_holder() {
    let scope = TaskScope::new();
    let local = LocalSet::new();
    let ((begun, begins), (release, go)) = (oneshot::channel(), oneshot::channel());
    let holder = limited(&Place::Scope(scope.clone()), begun, go);
    begins.await.unwrap();
    let ((begun, begins), (release_call, go)) = (oneshot::channel(), mpsc::channel());
    let holder_call = limited_call(&Place::Scope(scope.clone()), begun, go);
    begins.await.unwrap();

    let entered = local.enter();
    limited(&Place::LocalSet, oneshot::channel().0, oneshot::channel().1).detach();
    limited_call(&Place::LocalSet, oneshot::channel().0, mpsc::channel().1).detach();
    drop(entered);
    let mut local = pin!(local);
    let bad = Waker::from(Arc::new(Panics));
    assert!(poll(local.as_mut(), &bad).is_pending());
    release.send(()).unwrap();
    assert_eq!(holder.await.unwrap(), 5);
    assert!(poll(local.as_mut(), &bad).is_pending());
    release_call.send(()).unwrap();
    assert_eq!(holder_call.await.unwrap(), 5);
    let report = scope.shutdown(Duration::from_secs(60)).await;
    assert_eq!((report.finished, report.panicked), (2, 0), "{report}");
    local.await;
}
