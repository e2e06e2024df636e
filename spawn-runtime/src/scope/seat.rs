use std::{
    cell::Cell,
    mem,
    panic::Location,
    sync::{
        Arc, Mutex,
        atomic::{
            AtomicBool, AtomicU8, AtomicU32,
            Ordering::{AcqRel, Acquire, Relaxed, Release},
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
    pub(super) shard: u32,
    /// Its place in the shard, under whose lock it is read and written.
    pub(super) index: AtomicU32,
    /// How far the task has come.
    progress: AtomicU8,
    /// How it ends, once that is clear.
    ending: AtomicU8,
    /// The task is to go on no more.
    aborted: AtomicBool,
    /// How many of the two tasks have let go of it, if the first has handed over to the second.
    let_go: AtomicU8,
    stop: Mutex<Stop>,
}

/// What it takes to abort a task. One that has begun is woken, and ends itself (see [`Membership`]). One
/// that has not is about to be polled anyway.
pub(super) enum Stop {
    /// Once a poll has left the task pending.
    Task(Waker),
    /// Of a blocking function, once it is spawned.
    Call(Option<AbortHandle>),
}

impl Stop {
    const NOTHING: Stop = Stop::Call(None);

    pub(super) fn execute(self) {
        match self {
            Stop::Task(waker) => waker.wake(),
            Stop::Call(Some(call)) => call.abort(),
            Stop::Call(None) => {}
        }
    }
}

/// What comes into a scope.
#[derive(Clone, Copy)]
pub(super) enum Arrival {
    Task,
    /// With a `limit`: it waits for its turn.
    WaitingTask,
    /// A blocking function.
    Call,
}

const FRESH: u8 = 0;
const FRESH_WAITING: u8 = 1;
const BEGUN: u8 = 2;
/// The scope can wake it.
const REGISTERED: u8 = 3;
/// The scope can wake it, and it waits for its turn.
const REGISTERED_WAITING: u8 = 4;
/// The task has left, and the one that it took over from holds the seat still.
const HELD: u8 = 5;
/// The task has left, and another one may come.
const FREE: u8 = 6;

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
            shard: shard as u32,
            index: AtomicU32::new(index as u32),
            progress: AtomicU8::new(FRESH),
            ending: AtomicU8::new(NOT_CLEAR),
            aborted: AtomicBool::new(false),
            let_go: AtomicU8::new(0),
            stop: Mutex::new(Stop::NOTHING),
        }
    }

    /// For the next task.
    #[inline]
    pub(super) fn reset(&self, arrival: Arrival) {
        let progress = match arrival {
            Arrival::Task => FRESH,
            Arrival::WaitingTask => FRESH_WAITING,
            // Or will soon: nothing is polled that would tell.
            Arrival::Call => BEGUN,
        };
        self.progress.store(progress, Relaxed);
        self.ending.store(NOT_CLEAR, Relaxed);
        self.aborted.store(false, Relaxed);
        self.let_go.store(0, Relaxed);
    }

    #[inline]
    pub(super) fn shard(&self) -> usize {
        self.shard as usize
    }

    #[inline]
    pub(super) fn index(&self) -> usize {
        self.index.load(Relaxed) as usize
    }

    pub(super) fn moves_to(&self, index: usize) {
        self.index.store(index as u32, Relaxed);
    }

    #[inline]
    pub(super) fn has_begun(&self) -> bool {
        self.progress.load(Relaxed) >= BEGUN
    }

    /// Whether its task has left.
    pub(super) fn has_left(&self) -> bool {
        self.progress.load(Acquire) >= HELD
    }

    /// Whether another task may have it.
    pub(super) fn is_free(&self) -> bool {
        self.progress.load(Acquire) == FREE
    }

    #[inline]
    fn set_free(&self) {
        self.progress.store(FREE, Release);
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(
            self.progress.load(Relaxed),
            FRESH_WAITING | REGISTERED_WAITING
        )
    }

    #[inline]
    pub(super) fn is_aborted(&self) -> bool {
        self.aborted.load(Relaxed)
    }

    /// The task goes on no more, once what is given is executed.
    pub(super) fn abort(&self) -> Stop {
        self.aborted.store(true, Relaxed);
        // After that: a task that is about to be suspended either sees it or has left its waker here.
        self.take_stop()
    }

    fn take_stop(&self) -> Stop {
        mem::replace(&mut *lock(&self.stop), Stop::NOTHING)
    }

    /// False if the task is to go on no more.
    #[cold]
    #[inline(never)]
    fn suspend(&self, waker: &Waker, waiting: bool) -> bool {
        let progress = if waiting {
            REGISTERED_WAITING
        } else {
            REGISTERED
        };
        // Cloned, and the one before dropped, while nothing is locked.
        let is_registered = self.set_stop(Stop::Task(waker.clone())).is_none();
        if is_registered {
            self.progress.store(progress, Relaxed);
        }
        is_registered
    }

    /// Gives it back if the task is to go on no more, or has left.
    pub(super) fn set_stop(&self, stop: Stop) -> Option<Stop> {
        let mut here = lock(&self.stop);
        if self.is_aborted() || self.has_left() {
            return Some(stop);
        }
        let before = mem::replace(&mut *here, stop);
        drop(here);
        drop(before);
        None
    }

    /// Whether the other of two tasks has let go of it already, when the first has handed over to the second.
    fn is_let_go(&self) -> bool {
        self.let_go.fetch_add(1, AcqRel) == 1
    }

    fn is_handed_over(&self) -> bool {
        self.ending.load(Relaxed) == HANDED_OVER
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
            LEFT_UNWINDING.set(self.scope.gate.with(self.shard(), |all, _| seats(all)));
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
            .with(seat.shard(), |seats, _| seats.spawned_at(seat));
        entered.unwrap_or_else(Location::caller)
    }

    #[inline]
    fn may_go_on(&self) -> bool {
        let seat = &*self.0;
        if seat.is_aborted() {
            return false;
        }
        if !seat.has_begun() {
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
        drop(seat.take_stop());
        seat.progress.store(BEGUN, Relaxed);
        seat.ending.store(HANDED_OVER, Relaxed);
        Some(CallMembership::new(self.0.clone()))
    }

    fn handed_over(&self, call: AbortHandle) {
        if let Some(call) = self.0.set_stop(Stop::Call(Some(call))) {
            call.execute();
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
            if seat.progress.load(Relaxed) >= REGISTERED {
                drop(seat.take_stop());
            }
            seat.scope.leave(seat, ending, || seat.set_free());
        }
        None if seat.is_let_go() => {
            seat.set_free();
            seat.scope.is_freed(seat.shard());
        }
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
        let seat = &*self.seat;
        let ending = ending_of_dropped(self.ending);
        let mut stop = Stop::NOTHING;
        seat.scope.leave(seat, ending, || {
            // In this order: whoever has spawned the function may not know yet that it has ended.
            seat.progress.store(HELD, Release);
            stop = seat.take_stop();
            if !seat.is_handed_over() || seat.is_let_go() {
                seat.set_free();
            }
        });
        // Nothing is dropped while the shard may be locked.
        drop(stop);
    }
}
