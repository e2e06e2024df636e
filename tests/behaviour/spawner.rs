//! `on = …` and the trait `Spawn`.

use std::sync::{
    Arc, LazyLock, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
    mpsc::{Receiver, channel},
};
use std::time::Duration;

use spawn_runtime::{
    CancellationToken, Spawn, Task, TaskInfo, TaskObserver, TaskScope, TaskState, background,
};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::oneshot,
    task::{Id, JoinHandle},
};

use crate::support::{leaked, runtime_with_one_blocking_thread, settle};

#[background(on = runtime)]
async fn thread_name(runtime: Handle) -> Option<String> {
    std::thread::current().name().map(str::to_owned)
}

struct Service {
    runtime: Runtime,
}

impl Service {
    // The expression borrows `self`, which then moves into the task.
    #[background(on = self.runtime)]
    async fn name(self: Arc<Self>) -> Option<String> {
        std::thread::current().name().map(str::to_owned)
    }

    #[background(blocking, on = self.runtime)]
    fn compute(self: Arc<Self>, number: u32) -> u32 {
        number * 2
    }

    #[background(blocking, on = &self.runtime, limit = 1)]
    fn compute_limited(self: Arc<Self>, number: u32) -> u32 {
        number * 2
    }
}

#[test]
fn it_runs_where_the_expression_says_and_needs_no_runtime_around_the_call() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("elsewhere")
        .build()
        .unwrap();
    let handle = thread_name(runtime.handle().clone());
    assert_eq!(
        runtime.block_on(handle).unwrap().as_deref(),
        Some("elsewhere")
    );

    let service = Arc::new(Service { runtime });
    let other = Builder::new_current_thread().build().unwrap();
    let (name, computed, limited) = (
        service.clone().name(),
        service.clone().compute(21),
        service.clone().compute_limited(21),
    );
    other.block_on(async {
        assert_eq!(name.await.unwrap().as_deref(), Some("elsewhere"));
        assert_eq!(computed.await.unwrap(), 42);
        assert_eq!(limited.await.unwrap(), 42);
    });
    // The tasks held clones; wait until they are gone, so that the runtime is not dropped in one.
    drop(other);
    while Arc::strong_count(&service) > 1 {
        std::thread::yield_now();
    }
}

/// Counts what it spawns, and remembers the names.
#[derive(Clone, Default)]
struct Counting {
    spawned: Arc<AtomicUsize>,
    names: Arc<Mutex<Vec<&'static str>>>,
    token: CancellationToken,
}

impl Spawn for Counting {
    type Owned = Counting;

    fn spawner(&self) -> Counting {
        self.clone()
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        self.spawned.fetch_add(1, SeqCst);
        assert_eq!(task.spawned_at().file(), file!());
        self.names.lock().unwrap().push(task.name());
        tokio::spawn(task)
    }

    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        self.spawned.fetch_add(1, SeqCst);
        tokio::task::spawn_blocking(function)
    }

    fn token(&self) -> CancellationToken {
        self.token.child_token()
    }
}

#[tokio::test]
async fn a_spawner_of_ones_own_gets_every_task_and_gives_the_tokens() {
    #[background(on = counting, timeout = "1h", limit = 4)]
    async fn fine(counting: Counting) -> u8 {
        1
    }
    #[background(on = counting)]
    async fn cancelled(counting: &'static Counting, #[cancel] token: CancellationToken) -> u8 {
        token.cancelled().await;
        2
    }
    #[background(blocking, on = Arc::new(counting.clone()))]
    fn on_a_thread(counting: Counting) -> u8 {
        3
    }
    let counting = leaked(Counting::default());
    assert_eq!(fine(counting.clone()).await.unwrap(), 1);
    let waiting = cancelled(counting);
    counting.token.cancel();
    assert_eq!(waiting.await.unwrap(), 2);
    assert_eq!(on_a_thread(counting.clone()).await.unwrap(), 3);
    assert_eq!(counting.spawned.load(SeqCst), 3);
    assert_eq!(*counting.names.lock().unwrap(), ["fine", "cancelled"]);
}

#[tokio::test]
async fn the_expression_is_evaluated_once_at_the_call_before_the_arguments_move() {
    static EVALUATED: AtomicUsize = AtomicUsize::new(0);
    fn here() -> Handle {
        EVALUATED.fetch_add(1, SeqCst);
        Handle::current()
    }
    #[background(on = { assert_eq!(text, "argument"); here() })]
    async fn uses_its_argument(text: String) -> usize {
        text.len()
    }
    let handle = uses_its_argument("argument".to_owned());
    assert_eq!(EVALUATED.load(SeqCst), 1);
    assert_eq!(handle.await.unwrap(), 8);
    assert_eq!(EVALUATED.load(SeqCst), 1);
}

/// Counts how often it is made an owned one.
#[derive(Default)]
struct Made(AtomicUsize);

impl Spawn for Made {
    type Owned = Handle;

    fn spawner(&self) -> Handle {
        self.0.fetch_add(1, SeqCst);
        Handle::current()
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        tokio::spawn(task)
    }
}

static MADE: LazyLock<Made> = LazyLock::new(Made::default);

#[tokio::test]
async fn a_spawner_that_is_part_of_no_argument_is_only_borrowed() {
    #[background(on = *MADE)]
    async fn borrows(number: u32) -> u32 {
        number
    }
    #[background(on = made)]
    async fn owns(made: &'static Made, number: u32) -> u32 {
        let _ = made;
        number
    }
    #[background(on = *MADE, abort_on_drop, timeout = std::time::Duration::from_secs(u64::from(number)))]
    async fn borrows_with_options(number: u32, #[cancel] token: CancellationToken) -> bool {
        token.is_cancelled()
    }
    assert_eq!(borrows(1).await.unwrap(), 1);
    assert!(!borrows_with_options(60).await.unwrap());
    assert_eq!(MADE.0.load(SeqCst), 0);
    assert_eq!(owns(&MADE, 2).await.unwrap(), 2);
    assert_eq!(MADE.0.load(SeqCst), 1);
}

/// Tells when it is dropped.
struct Lasting(Arc<AtomicUsize>);

impl Drop for Lasting {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[background(on = scope, direct = forever_now)]
async fn forever(scope: &TaskScope, _lasting: Lasting) {
    std::future::pending().await
}

#[tokio::test]
async fn an_argument_that_only_an_option_names_stays_with_the_caller() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let scope = TaskScope::new();
    let handle = forever(&scope, Lasting(dropped.clone()));
    tokio::task::yield_now().await;
    assert_eq!(scope.len(), 1);
    assert_eq!(dropped.load(SeqCst), 0);
    // No task holds the scope, so it ends here, and its task with it.
    drop(scope);
    assert!(handle.await.unwrap_err().is_cancelled());
    assert_eq!(dropped.load(SeqCst), 1);
    // The plain function needs no scope.
    drop(forever_now(Lasting(dropped.clone())));
    assert_eq!(dropped.load(SeqCst), 2);
}

struct Server {
    scope: TaskScope,
    patience: Duration,
}

trait Serve {
    #[background]
    async fn serve(&self, number: u32) -> u32;
}

impl Serve for Server {
    #[background(on = self.scope, timeout = self.patience)]
    async fn serve(&self, number: u32) -> u32 {
        number * 2
    }
}

#[tokio::test]
async fn a_borrowed_self_that_only_options_name_stays_with_the_caller() {
    let server = Server {
        scope: TaskScope::new(),
        patience: Duration::from_secs(3),
    };
    let shared: &dyn Serve = &server;
    let handle = shared.serve(21);
    assert_eq!(server.scope.len(), 1);
    assert_eq!(handle.await.unwrap(), 42);
}

tokio::task_local! {
    static USER: u32;
}

fn user() -> Option<u32> {
    USER.try_with(|user| *user).ok()
}

/// Spawns on another spawner, for a user.
struct For<S>(u32, S);

impl<S: Spawn> Spawn for For<S> {
    type Owned = For<S::Owned>;

    fn spawner(&self) -> Self::Owned {
        For(self.0, self.1.spawner())
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        let user = self.0;
        let task = task.around(move |poll| USER.sync_scope(user, poll));
        assert_ne!(task.name(), "");
        self.1.spawn(task)
    }

    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let user = self.0;
        self.1
            .spawn_blocking(move || USER.sync_scope(user, function))
    }

    fn token(&self) -> CancellationToken {
        self.1.token()
    }
}

/// Notes the user that it is dropped for.
struct Leaves(Arc<Mutex<Vec<Option<u32>>>>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(user());
    }
}

#[background(on = For(7, scope), timeout = "1h", limit = 8)]
async fn for_a_user(scope: &TaskScope, wait: Duration, _leaves: Leaves) -> Option<u32> {
    tokio::time::sleep(wait).await;
    user()
}

#[tokio::test(start_paused = true)]
async fn what_is_put_around_a_task_is_around_its_polls_and_destructors_in_a_scope_too() {
    let (scope, left) = (TaskScope::new(), Arc::default());
    let leaves = || Leaves(Arc::clone(&left));
    let ended = for_a_user(&scope, Duration::from_secs(1), leaves());
    assert_eq!(scope.tasks()[0].name(), "for_a_user");
    assert_eq!(ended.await.unwrap(), Some(7));

    for_a_user(&scope, Duration::MAX, leaves()).abort();
    scope.wait().await;
    scope.close();
    let refused = for_a_user(&scope, Duration::ZERO, leaves());
    assert!(refused.await.unwrap_err().is_refused());
    assert_eq!(*left.lock().unwrap(), [Some(7); 3]);
    assert_eq!(user(), None);
}

#[tokio::test]
async fn a_blocking_function_with_a_limit_goes_on_at_a_users_spawner_of_a_scope() {
    #[background(on = For(7, scope), blocking, limit = 1)]
    fn on_a_thread(scope: &TaskScope) -> Option<u32> {
        user()
    }
    let scope = TaskScope::new();
    assert_eq!(on_a_thread(&scope).await.unwrap(), Some(7));
    assert_eq!(scope.shutdown(Duration::ZERO).await.finished, 1);
}

#[tokio::test]
async fn a_panic_around_a_task_is_a_panic_of_the_task() {
    struct Around(fn(&mut dyn FnMut()), TaskScope);

    impl Spawn for Around {
        type Owned = TaskScope;

        fn spawner(&self) -> TaskScope {
            self.1.clone()
        }

        fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
            Spawn::spawn(&self.1, task.around(self.0))
        }
    }

    #[background(on = around)]
    async fn fine(around: &Around) {}

    let scope = TaskScope::new();
    let panics = fine(&Around(|_| panic!("no context"), scope.clone()));
    assert_eq!(
        panics.await.unwrap_err().panic_message(),
        Some("no context")
    );
    let forgets = fine(&Around(|_| (), scope.clone()));
    assert!(forgets.await.unwrap_err().is_panic());
    let twice = Around(
        |poll| {
            poll();
            poll();
        },
        scope.clone(),
    );
    fine(&twice).await.unwrap();
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!((report.panicked, report.finished), (2, 1));
}

#[background(on = For(7, scope), label = text, limit = 1)]
async fn in_turn_for_a_user(scope: &TaskScope, text: &str) {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

#[background(on = For(7, scope))]
async fn plain_for_a_user(scope: &TaskScope) {
    std::future::pending().await
}

/// The label and the state of each task.
fn listed(scope: &TaskScope) -> Vec<(Option<String>, TaskState)> {
    let tasks = scope.tasks();
    let listed = tasks.iter().map(|task| {
        let label = task.label().map(str::to_owned);
        (label, task.state())
    });
    listed.collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_put_around_a_task_leaves_it_its_label_its_turn_and_its_state() {
    use TaskState::{Running, Waiting};

    let scope = TaskScope::new();
    let plain = plain_for_a_user(&scope);
    let first = in_turn_for_a_user(&scope, "first");
    let second = in_turn_for_a_user(&scope, "second");
    let states = |first, second| {
        [
            (None, Running),
            (Some("first".to_owned()), first),
            (Some("second".to_owned()), second),
        ]
    };
    // Before they are polled, then the first has its turn, then the second.
    assert_eq!(listed(&scope), states(Waiting, Waiting));
    settle().await;
    assert_eq!(listed(&scope), states(Running, Waiting));
    first.await.unwrap();
    settle().await;
    assert_eq!(listed(&scope)[1..], states(Waiting, Running)[2..]);
    second.await.unwrap();
    drop(plain.abort_on_drop());
}

#[test]
fn a_blocking_function_that_waits_for_a_thread_is_waiting_whatever_is_around_it() {
    #[background(on = For(7, scope), blocking, limit = 1)]
    fn on_a_thread(scope: &TaskScope) {}

    let runtime = runtime_with_one_blocking_thread();
    runtime.block_on(async {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let holds = tokio::task::spawn_blocking(move || held.recv().is_err());
        let scope = TaskScope::new();
        let task = on_a_thread(&scope);
        // It has its turn, and waits for the pool's only thread.
        settle().await;
        assert_eq!(listed(&scope), [(None, TaskState::Waiting)]);
        drop(release);
        task.await.unwrap();
        assert!(holds.await.unwrap());
    });
}

#[tokio::test(start_paused = true)]
async fn the_copies_for_further_attempts_are_made_within_what_is_around_the_task() {
    /// Notes the user that it is copied for.
    #[derive(Default)]
    struct Copied(Arc<Mutex<Vec<Option<u32>>>>);

    impl Clone for Copied {
        fn clone(&self) -> Self {
            self.0.lock().unwrap().push(user());
            Copied(self.0.clone())
        }
    }
    #[background(on = For(7, scope), attempts = 3)]
    async fn fails(scope: &TaskScope, _copied: Copied) -> Result<(), ()> {
        Err(())
    }
    let (scope, copies) = (TaskScope::new(), Arc::default());
    let task = fails(&scope, Copied(Arc::clone(&copies)));
    task.await.unwrap().unwrap_err();
    assert_eq!(*copies.lock().unwrap(), [Some(7); 2]);
}

/// Futures run outside the scope, blocking functions in it.
#[derive(Clone)]
struct CallsInScope(TaskScope);

impl Spawn for CallsInScope {
    type Owned = Self;

    fn spawner(&self) -> Self {
        self.clone()
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        tokio::spawn(task)
    }

    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        Spawn::spawn_blocking(&self.0, function)
    }
}

#[tokio::test]
async fn a_function_that_waits_for_its_turn_outside_a_scope_joins_the_one_it_is_given_to() {
    #[background(on = spawner.clone(), blocking, limit = 1)]
    fn on_a_thread(spawner: &CallsInScope) -> u8 {
        7
    }
    let spawner = CallsInScope(TaskScope::new());
    assert_eq!(on_a_thread(&spawner).await.unwrap(), 7);
    spawner.0.wait().await;
    let report = spawner.0.shutdown(Duration::ZERO).await;
    assert_eq!(report.finished, 1, "{report}");
}

/// The ids of the tasks that were spawned, also of those that were refused.
#[derive(Default)]
struct SpawnedIds(Mutex<Vec<Id>>);

impl TaskObserver for SpawnedIds {
    fn spawned(&self, task: &TaskInfo) {
        self.0.lock().unwrap().push(task.id());
    }
}

#[tokio::test]
async fn a_scope_that_a_waiting_function_joins_or_is_refused_by_knows_it_by_the_id_of_its_handle() {
    #[background(on = spawner.clone(), blocking, limit = 1)]
    fn waits(spawner: &CallsInScope, begun: oneshot::Sender<()>, go: Receiver<()>) {
        begun.send(()).unwrap();
        go.recv().unwrap_err();
    }
    let spawned = Arc::new(SpawnedIds::default());
    let spawner = CallsInScope(TaskScope::builder().observer(spawned.clone()).build());
    let ((begun, has_begun), (release, go)) = (oneshot::channel(), channel());
    let joins = waits(&spawner, begun, go);
    has_begun.await.unwrap();
    let listed = spawner.0.tasks();
    let ids: Vec<_> = listed.iter().map(TaskInfo::id).collect();
    assert_eq!(ids, [joins.id()]);
    drop(release);
    spawner.0.close();
    let refused = waits(&spawner, oneshot::channel().0, channel().1);
    let ids = [joins.id(), refused.id()];
    joins.await.unwrap();
    assert!(refused.await.unwrap_err().is_refused());
    assert_eq!(*spawned.0.lock().unwrap(), ids);
}
