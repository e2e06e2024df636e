//! Values that count their drops, and values that panic when dropped.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

/// Hands out witnesses, and counts how many of them were dropped.
#[derive(Clone, Default)]
pub struct Drops(Arc<Counts>);

#[derive(Default)]
struct Counts {
    given: AtomicUsize,
    dropped: AtomicUsize,
}

impl Drops {
    pub fn witness(&self) -> Witness {
        self.0.given.fetch_add(1, SeqCst);
        Witness(self.clone())
    }

    /// How many witnesses there were.
    pub fn given(&self) -> usize {
        self.0.given.load(SeqCst)
    }

    /// How many of them were dropped.
    pub fn count(&self) -> usize {
        self.0.dropped.load(SeqCst)
    }

    /// How many of them are left.
    pub fn alive(&self) -> usize {
        self.given() - self.count()
    }
}

/// Tells its [`Drops`] when it is dropped.
pub struct Witness(Drops);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.0.dropped.fetch_add(1, SeqCst);
    }
}

/// Panics when dropped, but not a second time in a thread that unwinds.
#[derive(Debug)]
pub struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("in a destructor");
        }
    }
}
