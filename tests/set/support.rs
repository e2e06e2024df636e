//! What several topics need.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Wake, Waker},
    time::Duration,
};

use spawn_runtime::{TaskHandle, spawn};

/// Counts how often it and its clones' owners were dropped.
#[derive(Clone, Default)]
pub struct Drops(Arc<AtomicUsize>);

impl Drops {
    pub fn count(&self) -> usize {
        self.0.load(SeqCst)
    }

    pub fn witness(&self) -> Witness {
        Witness(self.clone())
    }
}

/// Tells its [`Drops`] when it is dropped.
pub struct Witness(Drops);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, SeqCst);
    }
}

/// Panics when dropped.
#[derive(Debug)]
pub struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

/// A waker that counts its wakes.
#[derive(Default)]
pub struct Wakes(AtomicUsize);

impl Wakes {
    pub fn new() -> (Arc<Self>, Waker) {
        let wakes = Arc::new(Wakes::default());
        (wakes.clone(), Waker::from(wakes))
    }

    pub fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

pub fn after<T: Send + 'static>(milliseconds: u64, value: T) -> TaskHandle<T> {
    spawn(async move {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        value
    })
}

pub fn never<T: Send + 'static>() -> TaskHandle<T> {
    spawn(std::future::pending())
}

/// Lets the other tasks of a current-thread runtime run until they wait.
pub async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
