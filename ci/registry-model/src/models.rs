use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use loom::{cell::UnsafeCell, future::block_on, sync::Arc, thread};

use crate::{
    entry::{Entry, NewTask},
    stand_ins::{AbortHandle, CURRENT, Id, Identity, node::Node},
};

/// What a model observes is in std's atomics, which are no steps of it.
#[derive(Clone, Default)]
struct Flag(std::sync::Arc<AtomicBool>);

impl Flag {
    fn set(&self) {
        self.0.store(true, SeqCst);
    }

    fn is_set(&self) -> bool {
        self.0.load(SeqCst)
    }
}

fn names(node: &Node) -> Vec<usize> {
    let mut names = Vec::new();
    node.registry
        .for_each(|entry| names.extend(entry.info().map(|task| task.name)));
    names.sort_unstable();
    names
}

/// Ends the scope. Then its entries no longer keep it alive: loom fails if anything is left.
fn end(node: &Node, tasks: impl IntoIterator<Item = Arc<Entry>>) {
    tasks.into_iter().for_each(|task| node.leave(&task));
    assert_eq!(node.registry.live(), 0);
    node.registry.close();
}

// Two threads spawn, each in its shard, while a third closes.
#[test]
fn when_close_has_returned_nothing_is_admitted_and_all_are_in_the_registry() {
    loom::model(|| {
        let node = Node::new(2, None);
        let closed = Flag::default();
        let spawners = [0, 1].map(|shard| {
            let (node, closed) = (node.clone(), closed.clone());
            thread::spawn(move || {
                let mut admitted = Vec::new();
                // As many as it takes to come before the close, in the middle of it, and after it.
                for task in [shard, shard + 2] {
                    let was_closed = closed.is_set();
                    if let Some(entry) = Node::admit(&node, shard, task) {
                        assert!(!was_closed, "admitted by a closed scope");
                        entry.spawned(AbortHandle::new(task));
                        admitted.push((task, entry));
                    }
                }
                admitted
            })
        });
        node.registry.close();
        closed.set();
        // The number is already what it will be, also of tasks whose spawner has not got any further.
        let live = node.registry.live();
        let (counts, _) = node.registry.ended();
        let mut listed = 0;
        node.registry.for_each(|_| listed += 1);
        let mut admitted: Vec<_> = spawners
            .into_iter()
            .flat_map(|spawner| spawner.join().unwrap())
            .collect();
        admitted.sort_unstable_by_key(|(task, _)| *task);
        assert_eq!(live, admitted.len());
        assert_eq!(counts.entered, admitted.len());
        assert_eq!(listed, admitted.len());
        let (tasks, entries): (Vec<_>, Vec<_>) = admitted.into_iter().unzip();
        assert_eq!(names(&node), tasks);
        let (counts, _) = node.registry.ended();
        assert_eq!(counts.entered + counts.refused, 4);
        end(&node, entries);
    });
}

/// What a task does before it leaves: loom fails if this and a look at it are not ordered.
struct Work(UnsafeCell<usize>);

impl Work {
    fn new() -> Arc<Self> {
        Arc::new(Work(UnsafeCell::new(0)))
    }

    fn is_done(&self) -> bool {
        self.0.with(|work| unsafe { *work == 1 })
    }

    fn done(&self) {
        self.0.with_mut(|work| unsafe { *work = 1 });
    }
}

// loom reports a waiter that sleeps on as a deadlock.
#[test]
fn a_waiter_hears_of_the_last_task_and_sees_what_all_have_done() {
    loom::model(|| {
        let node = Node::new(2, None);
        let works = [0, 1].map(|shard| {
            let work = Work::new();
            let entry = Node::admit(&node, shard, shard).unwrap();
            let (at_work, node) = (work.clone(), node.clone());
            thread::spawn(move || {
                at_work.done();
                node.leave(&entry);
            });
            work
        });
        block_on(node.wait());
        assert_eq!(node.registry.live(), 0);
        assert!(works.iter().all(|work| work.is_done()));
        let (counts, _) = node.registry.ended();
        assert_eq!((counts.finished, counts.live()), (2, 0));
        end(&node, []);
    });
}

// Another task comes when the scope was empty for a moment, of which the waiter hears all the same.
#[test]
fn a_waiter_sees_what_was_done_before_the_scope_was_empty_for_a_moment() {
    loom::model(|| {
        let node = Node::new(1, None);
        let works = [Work::new(), Work::new()];
        let entries = [0, 1].map(|task| Node::admit(&node, 0, task).unwrap());
        let [first, second] = entries;
        let other = {
            let (work, node) = (works[0].clone(), node.clone());
            thread::spawn(move || {
                work.done();
                node.leave(&first);
            })
        };
        let next = {
            let (work, node) = (works[1].clone(), node.clone());
            thread::spawn(move || {
                work.done();
                node.leave(&second);
                drop(second);
                Node::admit(&node, 0, 2).unwrap()
            })
        };
        // The third comes only when the second has gone.
        if node.registry.is_empty() {
            assert!(works.iter().all(|work| work.is_done()));
        }
        other.join().unwrap();
        end(&node, [next.join().unwrap()]);
    });
}

// A task spawns the next one, in the shard of another thread, before it leaves: there is always one.
#[test]
fn a_waiter_is_not_told_while_one_task_starts_the_next() {
    loom::model(|| {
        let node = Node::new(2, None);
        let work = Work::new();
        let first = Node::admit(&node, 1, 0).unwrap();
        let task = {
            let (work, node) = (work.clone(), node.clone());
            thread::spawn(move || {
                let next = Node::admit(&node, 0, 1).unwrap();
                node.leave(&first);
                work.done();
                node.leave(&next);
            })
        };
        block_on(node.wait());
        assert!(work.is_done());
        task.join().unwrap();
        end(&node, []);
    });
}

// The last of a scope's tasks wakes both those who wait for it and those who wait for its parent.
#[test]
fn two_waiters_at_two_scopes_both_hear_of_the_last_task() {
    loom::model(|| {
        let parent = Node::new(1, None);
        let child = Node::new(1, Some(parent.clone()));
        let entry = Node::admit(&child, 0, 0).unwrap();
        let task = {
            let child = child.clone();
            thread::spawn(move || child.leave(&entry))
        };
        let waiter = {
            let child = child.clone();
            thread::spawn(move || block_on(child.wait()))
        };
        block_on(parent.wait());
        let (counts, _) = parent.registry.ended();
        assert_eq!((counts.finished, counts.live()), (1, 0));
        waiter.join().unwrap();
        task.join().unwrap();
        end(&parent, []);
        end(&child, []);
    });
}

// One waiter gives up, one moves to another waker: neither takes the wake-up of the other.
#[test]
fn a_waiter_that_gives_up_takes_no_wake_up_of_another() {
    loom::model(|| {
        let node = Node::new(1, None);
        let entry = Node::admit(&node, 0, 0).unwrap();
        let gives_up = {
            let node = node.clone();
            thread::spawn(move || {
                let mut wait = std::pin::pin!(node.wait());
                let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
                let _ = wait.as_mut().poll(&mut cx);
            })
        };
        let task = {
            let node = node.clone();
            thread::spawn(move || node.leave(&entry))
        };
        block_on(node.wait());
        gives_up.join().unwrap();
        task.join().unwrap();
        end(&node, []);
    });
}

// A shutdown aborts a task that is still being spawned.
#[test]
fn a_task_is_aborted_or_has_left_however_early_the_abort_comes() {
    loom::model(|| {
        let node = Node::new(1, None);
        let entry = Node::admit(&node, 0, 0).unwrap();
        let handle = AbortHandle::new(0);
        let spawner = {
            let (entry, handle) = (entry.clone(), handle.clone());
            thread::spawn(move || entry.spawned(handle))
        };
        let aborter = {
            let node = node.clone();
            thread::spawn(move || {
                node.registry.close();
                node.registry.for_each(|entry| entry.abort());
            })
        };
        spawner.join().unwrap();
        aborter.join().unwrap();
        assert!(handle.is_used());
        end(&node, [entry]);
    });
}

// The same of a task that ends by itself meanwhile: nothing is left behind in its entry.
#[test]
fn an_entry_keeps_no_handle_of_a_task_that_has_left() {
    loom::model(|| {
        let node = Node::new(1, None);
        let entry = Node::admit(&node, 0, 0).unwrap();
        let handle = AbortHandle::new(0);
        let count = std::sync::Arc::downgrade(&handle.used);
        let task = {
            let (node, entry) = (node.clone(), entry.clone());
            thread::spawn(move || node.leave(&entry))
        };
        let aborter = {
            let entry = entry.clone();
            thread::spawn(move || entry.abort())
        };
        entry.spawned(handle);
        task.join().unwrap();
        aborter.join().unwrap();
        assert_eq!(count.strong_count(), 0, "the memory of the task is kept");
        assert!(entry.info().is_none());
        end(&node, []);
    });
}

// A task with a permit hands over to a function as soon as it is polled, also before its spawner has told of it.
#[test]
fn the_function_that_a_task_handed_over_to_is_aborted() {
    loom::model(|| {
        let node = Node::new(1, None);
        let entry = Node::admit(&node, 0, 0).unwrap();
        let function = AbortHandle::new(1);
        let task = {
            let (entry, function) = (entry.clone(), function.clone());
            thread::spawn(move || {
                CURRENT.set(Some(Id(0)));
                entry.waits();
                CURRENT.set(Some(Id(0)));
                entry.begins();
                entry.handed_over(function);
            })
        };
        let aborter = {
            let node = node.clone();
            thread::spawn(move || {
                node.registry.close();
                node.registry.for_each(|entry| entry.abort());
            })
        };
        entry.spawned(AbortHandle::new(0));
        task.join().unwrap();
        aborter.join().unwrap();
        assert!(function.is_used(), "the function runs on");
        assert_eq!(entry.info().unwrap().id, Id(0), "it is still that task");
        CURRENT.set(None);
        end(&node, [entry]);
    });
}

// A listing that has cloned an entry meets the next task in it.
#[test]
fn a_listing_never_mixes_up_two_tasks_of_one_entry() {
    static REUSED: AtomicUsize = AtomicUsize::new(0);
    loom::model(|| {
        let node = Node::new(1, None);
        let first = Node::admit(&node, 0, 1).unwrap();
        first.spawned(AbortHandle::new(1));
        let lister = {
            let node = node.clone();
            thread::spawn(move || {
                node.registry.for_each(|entry| {
                    if let Some(task) = entry.info() {
                        assert_eq!(task.name, task.id.0, "the id of another task");
                        assert_eq!(task.label.as_deref(), Some(&task.name));
                    }
                });
            })
        };
        let memory = std::ptr::from_ref::<Entry>(&first);
        node.leave(&first);
        drop(first);
        let second = Node::admit(&node, 0, 2).unwrap();
        if std::ptr::eq(memory, std::ptr::from_ref::<Entry>(&second)) {
            REUSED.fetch_add(1, SeqCst);
        }
        second.spawned(AbortHandle::new(2));
        lister.join().unwrap();
        assert_eq!(names(&node), [2]);
        node.leave(&second);
        assert_eq!(names(&node), [0; 0]);
        end(&node, []);
    });
    assert!(
        REUSED.load(SeqCst) > 0,
        "the model never used an entry again"
    );
}

// The parent is shut down while a task enters its child, runs and leaves.
#[test]
fn nothing_runs_in_a_child_when_its_parent_is_closed_and_empty() {
    loom::model(|| {
        let parent = Node::new(1, None);
        let child = Node::new(1, Some(parent.clone()));
        let over = Flag::default();
        let spawner = {
            let (child, over) = (child.clone(), over.clone());
            thread::spawn(move || {
                let Some(entry) = Node::admit(&child, 0, 0) else {
                    return false;
                };
                assert!(!over.is_set(), "it would run after the shutdown");
                child.leave(&entry);
                true
            })
        };
        // As `close`: from the parent downwards.
        parent.registry.close();
        child.registry.close();
        block_on(parent.wait());
        over.set();
        let (counts, _) = parent.registry.ended();
        assert_eq!(counts.live(), 0);
        let ran = spawner.join().unwrap();
        assert_eq!(counts.finished, usize::from(ran), "the report is final");
        end(&child, []);
    });
}

// Used by the files under test for blocking functions only.
#[test]
fn a_call_is_a_task_that_does_not_wait() {
    let call = NewTask::call(
        Identity {
            name: 0,
            label: None,
            id: None,
        },
        std::panic::Location::caller(),
    );
    assert!(!call.waits);
}
