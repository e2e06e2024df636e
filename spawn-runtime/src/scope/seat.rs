use std::{
    cell::Cell,
    panic::Location,
    sync::{
        Arc, Mutex,
        atomic::{
            AtomicBool, AtomicU8, AtomicUsize,
            Ordering::{AcqRel, Relaxed},
        },
    },
    task::Waker,
    thread,
};

use tokio::task::AbortHandle;

use super::{
    Ending,
    seats::Seats,
    tree::{Scope, lock},
};
use crate::task::Anchor;

/// What a scope and one of its tasks share. A seat is used by one task after the other.
pub(super) struct Seat {
    pub(super) scope: Arc<Scope>,
    pub(super) shard: usize,
    /// Its place in the shard, under whose lock it is read and written.
    pub(super) index: AtomicUsize,
    /// How far the task has come.
    progress: AtomicU8,
    /// How it ends, once that is clear.
    ending: AtomicU8,
    /// The task is to go on no more.
    aborted: AtomicBool,
    /// Of the task, once a poll has left it pending.
    waker: Mutex<Option<Waker>>,
    /// How many of the two tasks have let go of it, if the first has handed over to the second.
    let_go: AtomicU8,
}

/// The index of a seat that is used no more.
pub(super) const GONE: usize = usize::MAX;

const FRESH: u8 = 0;
const BEGUN: u8 = 1;
/// The scope can wake it.
const REGISTERED: u8 = 2;
/// The scope can wake it, and it waits for its turn.
const REGISTERED_WAITING: u8 = 3;

const NOT_CLEAR: u8 = u8::MAX;
/// The task goes on as another one, a blocking function, in whose place it is.
const HANDED_OVER: u8 = u8::MAX - 1;
const ENDINGS: [Ending; 5] = [
    Ending::Finished,
    Ending::Failed,
    Ending::Panicked,
    Ending::TimedOut,
    Ending::Cancelled,
];

impl Seat {
    pub(super) fn new(scope: Arc<Scope>, shard: usize, index: usize) -> Self {
        Seat {
            scope,
            shard,
            index: AtomicUsize::new(index),
            progress: AtomicU8::new(FRESH),
            ending: AtomicU8::new(NOT_CLEAR),
            aborted: AtomicBool::new(false),
            waker: Mutex::new(None),
            let_go: AtomicU8::new(0),
        }
    }

    /// For the next task.
    #[inline]
    pub(super) fn reset(&self) {
        self.progress.store(FRESH, Relaxed);
        self.ending.store(NOT_CLEAR, Relaxed);
        self.let_go.store(0, Relaxed);
    }

    #[inline]
    pub(super) fn has_begun(&self) -> bool {
        self.progress.load(Relaxed) != FRESH
    }

    /// Whether its task waits for its turn; it does before it has begun if it is `limited`.
    pub(super) fn is_waiting(&self, limited: bool) -> bool {
        match self.progress.load(Relaxed) {
            FRESH => limited,
            progress => progress == REGISTERED_WAITING,
        }
    }

    #[inline]
    pub(super) fn is_aborted(&self) -> bool {
        self.aborted.load(Relaxed)
    }

    #[inline]
    pub(super) fn is_cut_off(&self, ending: Ending) -> bool {
        ending == Ending::Cancelled && self.is_aborted()
    }

    /// The task goes on no more. Gives what it is woken by, if it is suspended.
    pub(super) fn abort(&self) -> Option<Waker> {
        self.aborted.store(true, Relaxed);
        // After that: a task that is about to be suspended either sees it or has left its waker here.
        lock(&self.waker).take()
    }

    /// False if the task is to go on no more.
    fn suspend(&self, waker: &Waker, waiting: bool) -> bool {
        // Cloned, and the one before dropped, while nothing is locked.
        let waker = waker.clone();
        let mut registered = lock(&self.waker);
        if self.is_aborted() {
            return false;
        }
        let before = registered.replace(waker);
        drop(registered);
        drop(before);
        let progress = if waiting {
            REGISTERED_WAITING
        } else {
            REGISTERED
        };
        self.progress.store(progress, Relaxed);
        true
    }

    /// Whether nobody holds the seat any more when a blocking function lets go of it, or the task that has
    /// handed over to one.
    pub(super) fn is_let_go(&self) -> bool {
        let is_handed_over = self.ending.load(Relaxed) == HANDED_OVER;
        !is_handed_over || self.let_go.fetch_add(1, AcqRel) == 1
    }

    #[inline]
    fn ends(&self, ending: Ending) {
        self.ending.store(ending as u8, Relaxed);
    }

    /// On a thread that is unwinding already, it cannot be told later whether it was this task that
    /// panicked.
    #[inline]
    fn is_dropped(&self) {
        if self.ending.load(Relaxed) == NOT_CLEAR && thread::panicking() {
            self.ends(Ending::Cancelled);
        }
    }

    /// None if it has not ended, but was handed over.
    #[inline]
    fn ending(&self) -> Option<Ending> {
        let code = self.ending.load(Relaxed);
        if code == Ending::Finished as u8 && !thread::panicking() {
            return Some(Ending::Finished);
        }
        self.unusual_ending(code)
    }

    #[cold]
    fn unusual_ending(&self, code: u8) -> Option<Ending> {
        if code == HANDED_OVER {
            return None;
        }
        let clear = ENDINGS.get(usize::from(code)).copied();
        let ending = ending_of_dropped(clear);
        if ending == Ending::Panicked {
            let seats = |seats: &mut Seats| seats.spawned_at(self);
            LEFT_UNWINDING.set(self.scope.gate.entered(self.shard, seats));
        }
        Some(ending)
    }
}

/// How a task ended that is dropped now, as far as that was clear before.
fn ending_of_dropped(clear: Option<Ending>) -> Ending {
    if thread::panicking() {
        match clear {
            Some(clear @ (Ending::Cancelled | Ending::Panicked)) => clear,
            // In a destructor of the task.
            Some(_) | None => Ending::Panicked,
        }
    } else {
        // What is dropped before its end, was cancelled.
        clear.unwrap_or(Ending::Cancelled)
    }
}

/// What a task of a scope holds: one word, so that a small task in a scope still fits tokio's smallest
/// cell. When it is dropped, the task leaves; the task's own destructors have run by then.
///
/// A scope aborts a task by waking it: it finds here that it is to go on no more, and drops its body. An
/// `AbortHandle` in its place would have to be made and dropped for each task, and keep the task's memory.
pub struct Membership(Arc<Seat>);

impl Membership {
    #[inline]
    pub(super) fn new(seat: Arc<Seat>) -> Self {
        Membership(seat)
    }
}

impl Anchor for Membership {
    type Trace = ();

    fn trace(&self) {}

    fn place_of((): ()) -> &'static Location<'static> {
        LEFT_UNWINDING.get().unwrap_or_else(Location::caller)
    }

    #[cold]
    fn spawned_at(&self) -> &'static Location<'static> {
        let seat = &*self.0;
        let entered = seat
            .scope
            .gate
            .entered(seat.shard, |seats| seats.spawned_at(seat));
        entered.unwrap_or_else(Location::caller)
    }

    #[inline]
    fn may_go_on(&self) -> bool {
        let seat = &*self.0;
        if seat.is_aborted() {
            return false;
        }
        if seat.progress.load(Relaxed) == FRESH {
            seat.progress.store(BEGUN, Relaxed);
        }
        true
    }

    #[inline]
    fn suspend(&self, waker: &Waker, waiting: bool) -> bool {
        let registered = if waiting {
            REGISTERED_WAITING
        } else {
            REGISTERED
        };
        self.0.progress.load(Relaxed) == registered || self.0.suspend(waker, waiting)
    }

    #[inline]
    fn ends(&self, ending: Ending) {
        self.0.ends(ending);
    }

    #[inline]
    fn is_dropped(&self) {
        self.0.is_dropped();
    }

    fn hand_over(&self) -> Option<CallMembership> {
        let seat = &*self.0;
        drop(lock(&seat.waker).take());
        seat.progress.store(BEGUN, Relaxed);
        seat.ending.store(HANDED_OVER, Relaxed);
        Some(CallMembership::new(self.0.clone()))
    }

    fn handed_over(&self, call: AbortHandle) {
        let seat = &*self.0;
        let unwanted = seat
            .scope
            .gate
            .entered(seat.shard, |seats| seats.called(seat, call));
        if let Some(call) = unwanted {
            call.abort();
        }
    }
}

impl Drop for Membership {
    #[inline]
    fn drop(&mut self) {
        leave(&self.0);
    }
}

// Not inlined into each task's code.
#[inline(never)]
fn leave(seat: &Seat) {
    match seat.ending() {
        Some(ending) => {
            let waker =
                (seat.progress.load(Relaxed) >= REGISTERED).then(|| lock(&seat.waker).take());
            seat.scope.leave(seat, ending);
            drop(waker);
        }
        None if seat.is_let_go() => seat.scope.give_back(seat),
        None => {}
    }
}

thread_local! {
    /// Where the task was spawned that left last while a destructor of its panicked.
    static LEFT_UNWINDING: Cell<Option<&'static Location<'static>>> = const { Cell::new(None) };
}

/// What a blocking function of a scope holds. When it is dropped, the task leaves.
pub struct CallMembership {
    seat: Arc<Seat>,
    /// How it ends, once that is clear.
    ending: Option<Ending>,
}

impl CallMembership {
    pub(super) fn new(seat: Arc<Seat>) -> Self {
        CallMembership { seat, ending: None }
    }

    pub(super) fn ends(&mut self, ending: Ending) {
        self.ending = Some(ending);
    }

    /// As [`Seat::is_dropped`].
    pub(super) fn is_dropped(&mut self) {
        if self.ending.is_none() && thread::panicking() {
            self.ending = Some(Ending::Cancelled);
        }
    }
}

impl Drop for CallMembership {
    fn drop(&mut self) {
        let ending = ending_of_dropped(self.ending);
        self.seat.scope.leave_call(&self.seat, ending);
    }
}
