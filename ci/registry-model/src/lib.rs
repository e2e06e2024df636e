//! Every interleaving of tasks that enter and leave with a shutdown that closes and waits.

/// What `gate` is made of in the library is std's. loom takes `SeqCst` for `AcqRel`, which is weaker than what
/// the gate asks for, but knows sequentially consistent fences: so there is one around each such access.
mod sync {
    pub(super) use std::sync::PoisonError;

    use loom::sync::atomic::{self, fence};
    pub(super) use loom::sync::{Mutex, MutexGuard, atomic::Ordering};

    #[derive(Default)]
    pub(super) struct AtomicUsize(atomic::AtomicUsize);

    fn fenced<T>(order: Ordering, access: impl FnOnce() -> T) -> T {
        if order != Ordering::SeqCst {
            return access();
        }
        fence(Ordering::SeqCst);
        let value = access();
        fence(Ordering::SeqCst);
        value
    }

    impl AtomicUsize {
        pub(super) fn new(value: usize) -> Self {
            AtomicUsize(atomic::AtomicUsize::new(value))
        }

        pub(super) fn load(&self, order: Ordering) -> usize {
            fenced(order, || self.0.load(order))
        }

        pub(super) fn store(&self, value: usize, order: Ordering) {
            fenced(order, || self.0.store(value, order));
        }

        pub(super) fn fetch_add(&self, value: usize, order: Ordering) -> usize {
            fenced(order, || self.0.fetch_add(value, order))
        }

        pub(super) fn fetch_sub(&self, value: usize, order: Ordering) -> usize {
            fenced(order, || self.0.fetch_sub(value, order))
        }
    }
}

#[path = "../../../spawn-runtime/src/scope/gate.rs"]
#[allow(dead_code)]
mod gate;

/// Two shards; each thread of the model says which is its own.
mod sharded {
    use std::cell::Cell;

    loom::thread_local! {
        pub static HERE: Cell<usize> = Cell::new(0);
    }

    pub(super) struct Sharded<T>([T; 2]);

    impl<T: Default> Default for Sharded<T> {
        fn default() -> Self {
            Sharded([T::default(), T::default()])
        }
    }

    impl<T> Sharded<T> {
        pub(super) fn here(&self) -> usize {
            HERE.with(Cell::get)
        }

        pub(super) fn get(&self, index: usize) -> &T {
            &self.0[index]
        }

        pub(super) fn len(&self) -> usize {
            self.0.len()
        }
    }
}

#[cfg(test)]
mod tests {
    use loom::{
        sync::{
            Arc, Condvar, Mutex,
            atomic::{
                AtomicBool,
                Ordering::{Acquire, Release, SeqCst},
            },
        },
        thread,
    };

    use super::{
        gate::{Gate, Left},
        sharded::HERE,
    };

    /// A scope as far as its gate goes.
    struct Scope {
        gate: Gate<()>,
        empty: Waiters,
        progress: Waiters,
        /// The shutdown has returned: from here on nothing may run.
        over: AtomicBool,
    }

    /// As the library's: it counts the tellings, and who listens waits for the next one.
    #[derive(Default)]
    struct Waiters {
        times: Mutex<usize>,
        told: Condvar,
    }

    impl Waiters {
        fn tell(&self) {
            *self.times.lock().unwrap() += 1;
            self.told.notify_all();
        }

        fn times(&self) -> usize {
            *self.times.lock().unwrap()
        }

        fn wait(&self, before: usize) {
            let mut times = self.times.lock().unwrap();
            while *times == before {
                times = self.told.wait(times).unwrap();
            }
        }
    }

    impl Scope {
        fn new() -> Arc<Self> {
            Arc::new(Scope {
                gate: Gate::default(),
                empty: Waiters::default(),
                progress: Waiters::default(),
                over: AtomicBool::new(false),
            })
        }

        fn enter(&self) -> bool {
            self.gate.enter(self.gate.here(), |(), _, _| ()).is_some()
        }

        fn run(&self) -> bool {
            let shard = self.gate.here();
            let admitted = self.enter();
            if admitted {
                assert!(
                    !self.over.load(SeqCst),
                    "a task runs after the shutdown returned"
                );
                self.leave(shard);
            }
            admitted
        }

        fn leave(&self, shard: usize) {
            let leaving = self.gate.leave(shard);
            match self.gate.has_left(&leaving) {
                None => {}
                Some(Left::Nobody) => self.empty.tell(),
                Some(Left::WaitingTasks) => self.progress.tell(),
            }
        }

        fn wait(&self) {
            let _waiting = self.gate.wait();
            let before = self.empty.times();
            if self.gate.live() > 0 {
                self.empty.wait(before);
            }
        }

        /// As a task of the scope that shuts it down, once it has said that it is one: until nobody is
        /// left but such.
        fn wait_for_the_others(&self) {
            self.progress.tell();
            let _waiting = self.gate.wait();
            loop {
                let before = self.progress.times();
                if self.gate.only_waiting_tasks() {
                    return;
                }
                self.progress.wait(before);
            }
        }

        fn shut_down(&self) {
            self.gate.close();
            self.wait();
            self.over.store(true, SeqCst);
        }
    }

    #[test]
    fn nothing_runs_after_the_shutdown_and_the_shutdown_ends() {
        loom::model(|| {
            let scope = Scope::new();
            let spawners = [0, 1].map(|shard| {
                let scope = scope.clone();
                thread::spawn(move || {
                    HERE.with(|here| here.set(shard));
                    scope.run()
                })
            });
            scope.shut_down();
            for spawner in spawners {
                spawner.join().unwrap();
            }
            assert_eq!(scope.gate.live(), 0);
            assert!(!scope.enter(), "closed for good");
        });
    }

    #[test]
    fn a_wait_never_finds_a_scope_empty_in_which_one_task_spawns_the_next_before_it_ends() {
        loom::model(|| {
            let scope = Scope::new();
            assert!(scope.enter());
            let chain = {
                let scope = scope.clone();
                thread::spawn(move || {
                    // A task on one shard spawns another on the other shard, and ends; so on.
                    for shard in [1, 0] {
                        HERE.with(|here| here.set(shard));
                        assert!(scope.enter());
                        scope.leave(1 - shard);
                    }
                    scope.over.store(true, SeqCst);
                    scope.leave(0);
                })
            };
            scope.wait();
            assert!(
                scope.over.load(SeqCst),
                "found empty before the last had ended"
            );
            chain.join().unwrap();
        });
    }

    #[test]
    fn tasks_that_wait_for_one_another_find_out() {
        loom::model(|| {
            let scope = Scope::new();
            for _ in 0..3 {
                assert!(scope.enter());
            }
            let other = {
                let scope = scope.clone();
                thread::spawn(move || scope.leave(0))
            };
            // Both stay until both know: an abort comes later.
            let waits = {
                let scope = scope.clone();
                thread::spawn(move || {
                    std::mem::forget(scope.gate.wait_inside());
                    scope.wait_for_the_others();
                })
            };
            std::mem::forget(scope.gate.wait_inside());
            scope.wait_for_the_others();
            waits.join().unwrap();
            other.join().unwrap();
        });
    }

    // Neither shard alone tells who is last.
    #[test]
    fn the_last_of_two_shards_is_noticed() {
        loom::model(|| {
            let scope = Scope::new();
            let tasks = [0, 1].map(|shard| {
                HERE.with(|here| here.set(shard));
                assert!(scope.enter());
                let scope = scope.clone();
                thread::spawn(move || scope.leave(shard))
            });
            scope.wait();
            for task in tasks {
                task.join().unwrap();
            }
        });
    }

    // A scope that is closed gives its seats back when the last of its tasks has left.
    #[test]
    fn whoever_looks_and_whoever_leaves_do_not_miss_one_another() {
        loom::model(|| {
            let scope = Scope::new();
            let freed: Arc<[AtomicBool; 2]> = Arc::default();
            let seen_through = Arc::new(AtomicBool::new(false));
            // While the scope was open there was no hurry.
            let far = isize::MAX as usize;
            assert!(!scope.gate.with(0, |(), exit| exit.tell_at(far)));
            // As `Seats::compact`.
            let look = |scope: &Scope, freed: &[AtomicBool; 2], seen_through: &AtomicBool| {
                scope.gate.with(0, |(), exit| {
                    loop {
                        let left = exit.left();
                        let taken = freed.iter().filter(|freed| !freed.load(Acquire)).count();
                        if !exit.tell_at(left + taken) || taken == 0 {
                            seen_through.store(taken == 0, SeqCst);
                            return;
                        }
                    }
                });
            };
            let tasks = [0, 1].map(|task| {
                assert!(scope.enter());
                let (scope, freed, seen_through) =
                    (scope.clone(), freed.clone(), seen_through.clone());
                thread::spawn(move || {
                    freed[task].store(true, Release);
                    if scope.gate.leave(0).is_enough {
                        look(&scope, &freed, &seen_through);
                    }
                })
            });
            look(&scope, &freed, &seen_through);
            for task in tasks {
                task.join().unwrap();
            }
            assert!(seen_through.load(SeqCst), "nobody saw that all had left");
        });
    }

    #[test]
    fn two_waits_both_end() {
        loom::model(|| {
            let scope = Scope::new();
            assert!(scope.enter());
            let other = {
                let scope = scope.clone();
                thread::spawn(move || scope.wait())
            };
            let task = {
                let scope = scope.clone();
                thread::spawn(move || scope.leave(0))
            };
            scope.wait();
            other.join().unwrap();
            task.join().unwrap();
        });
    }
}
