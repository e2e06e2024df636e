use std::{
    cell::Cell,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

/// Something for each core, so that threads that spawn and end tasks at the same time seldom meet.
pub(super) struct Sharded<T>(Box<[Padded<T>]>);

/// On cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Padded<T>(T);

impl<T: Default> Default for Sharded<T> {
    fn default() -> Self {
        Sharded((0..shards()).map(|_| Padded::default()).collect())
    }
}

impl<T> Sharded<T> {
    /// That of this thread. Another thread may have the same.
    #[inline]
    pub(super) fn here(&self) -> usize {
        here() & (self.0.len() - 1)
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> &T {
        &self.0[index].0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// As many as can be of use: a power of two.
fn shards() -> usize {
    static SHARDS: OnceLock<usize> = OnceLock::new();
    *SHARDS.get_or_init(|| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        threads.next_power_of_two().min(16)
    })
}

/// A number of this thread's own, as far as there are enough.
#[inline]
fn here() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static HERE: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    // A thread that is ending has lost its number; any will do.
    HERE.try_with(|here| {
        if here.get() == usize::MAX {
            here.set(NEXT.fetch_add(1, Relaxed));
        }
        here.get()
    })
    .unwrap_or(0)
}
