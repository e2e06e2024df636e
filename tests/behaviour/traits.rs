//! Traits of background methods: dyn-compatible without boxed futures.

use std::{pin::Pin, sync::Arc};

use spawn_runtime::{AbortOnDrop, CancellationToken, TaskError, TaskHandle, background};

trait Worker: Send + Sync {
    /// Documented.
    #[background]
    async fn run(self: Arc<Self>, job: u32) -> Result<u32, TaskError>;

    #[background(abort_on_drop)]
    async fn hold(self: Box<Self>);

    #[background(detach)]
    async fn forget(self: Pin<Box<Self>>, told: tokio::sync::oneshot::Sender<u32>);

    #[background]
    async fn until(self: Arc<Self>, #[cancel] token: CancellationToken) -> u32;

    #[background]
    async fn compute(self: Arc<Self>, number: u32) -> u32;

    #[background]
    async fn with_default(self: Arc<Self>) -> u32
    where
        Self: Sized + 'static,
    {
        7
    }
}

#[derive(Clone)]
struct Doubler(u32);

impl Worker for Doubler {
    #[background]
    async fn run(self: Arc<Self>, job: u32) -> Result<u32, TaskError> {
        Ok(self.0 + 2 * job)
    }

    #[background(abort_on_drop)]
    async fn hold(self: Box<Self>) {
        std::future::pending().await
    }

    #[background(detach)]
    async fn forget(self: Pin<Box<Self>>, told: tokio::sync::oneshot::Sender<u32>) {
        let _ = told.send(self.0);
    }

    #[background(name = "until", timeout = "1h")]
    async fn until(self: Arc<Self>, #[cancel] token: CancellationToken) -> u32 {
        token.cancelled().await;
        self.0
    }

    // How it runs is the implementation's own affair.
    #[background(blocking, limit = 2)]
    fn compute(self: Arc<Self>, number: u32) -> u32 {
        self.0 * number
    }
}

#[tokio::test]
async fn it_works_through_dyn_and_the_callers_line_survives() {
    let worker: Arc<dyn Worker> = Arc::new(Doubler(1));
    let handle = worker.clone().run(21);
    let line = line!() - 1;
    assert_eq!(handle.spawned_at().file(), file!());
    assert_eq!(handle.spawned_at().line(), line);
    assert_eq!(handle.name(), "run");
    assert_eq!(handle.flatten().await.unwrap(), 43);

    let handle: TaskHandle<u32> = worker.clone().until();
    handle.cancel();
    assert_eq!(handle.await.unwrap(), 1);
    assert_eq!(worker.clone().compute(9).await.unwrap(), 9);

    let boxed: Box<dyn Worker> = Box::new(Doubler(3));
    let held: AbortOnDrop<()> = boxed.hold();
    held.abort();
    assert!(held.await.unwrap_err().is_cancelled());

    let pinned: Pin<Box<dyn Worker>> = Box::pin(Doubler(5));
    let (tell, told) = tokio::sync::oneshot::channel();
    pinned.forget(tell);
    assert_eq!(told.await.unwrap(), 5);
}

#[tokio::test]
async fn a_default_body_is_a_background_function() {
    assert_eq!(Arc::new(Doubler(1)).with_default().await.unwrap(), 7);
}

struct Generic<T, const N: usize>([T; N]);

impl<T, const N: usize> Generic<T, N>
where
    T: Clone + Send + Sync + 'static,
{
    #[background]
    async fn last(self) -> Option<T> {
        self.0.last().cloned()
    }

    #[background]
    async fn both<U: Send + 'static>(mut self: Box<Self>, value: T, other: U) -> (Self, U)
    where
        T: PartialEq,
    {
        self.0[0] = value;
        (*self, other)
    }

    #[background]
    async fn made(value: T) -> Self {
        Self(std::array::from_fn(|_| value.clone()))
    }
}

#[tokio::test]
async fn methods_of_generic_types_see_their_generics_and_self() {
    assert_eq!(Generic([1, 2, 3]).last().await.unwrap(), Some(3));
    let (generic, other) = Box::new(Generic([1, 2])).both(9, "other").await.unwrap();
    assert_eq!((generic.0, other), ([9, 2], "other"));
    assert_eq!(Generic::<_, 2>::made('x').await.unwrap().0, ['x', 'x']);
}
