//! Tasks that wait for a slot, get it and give it to the next one, while a shutdown closes the slots and aborts. A task
//! that is forgotten, or waits on, is a deadlock to loom.

use std::{
    pin::pin,
    task::{Context, Poll},
};

use loom::{
    cell::UnsafeCell,
    future::block_on,
    sync::Arc,
    thread::{self, JoinHandle},
};

use crate::{
    entry::Entry,
    slots::Slot,
    stand_ins::{AbortHandle, Ending, node::Node},
};

/// What the body of a task does in its first poll. loom fails unless the slot that goes from one task to the next orders
/// this.
type Work = Arc<UnsafeCell<()>>;

#[derive(Clone, Copy, PartialEq)]
enum Body {
    /// Ends in its second poll.
    Ends,
    /// Is polled twice, and then only if it is woken.
    Pends,
}

struct Task {
    node: Arc<Node>,
    entry: Arc<Entry>,
    abort: AbortHandle,
    work: Work,
    body: Body,
    /// How many polls of the body there were.
    polls: usize,
}

impl Task {
    fn spawn(node: &Arc<Node>, number: usize, work: &Work, body: Body) -> Option<Task> {
        let entry = Node::admit(node, 0, number)?;
        let abort = AbortHandle::of_task(number);
        entry.spawned(abort.clone());
        Some(Task {
            node: node.clone(),
            entry,
            abort,
            work: work.clone(),
            body,
            polls: 0,
        })
    }

    /// As `TaskFuture` and what tokio does around it: an abort drops the task before its next poll.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        let task = self.abort.task.as_ref().expect("it is polled");
        task.register_by_ref(cx.waker());
        if self.abort.is_used() {
            return Poll::Ready(Ending::Cancelled);
        }
        let slots = self.node.slots.as_ref().expect("the scope has a limit");
        match self.entry.poll_slot(slots, cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(_)) => return Poll::Ready(Ending::Refused),
            Poll::Ready(Ok(())) => {}
        }
        self.entry.begins();
        self.polls += 1;
        match self.polls {
            1 => {
                self.work.with_mut(|_| ());
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            _ if self.body == Body::Ends => Poll::Ready(Ending::Finished),
            _ => Poll::Pending,
        }
    }

    /// Returns how it ended, and whether its body was polled.
    fn run(mut self) -> (Ending, bool) {
        let ending = block_on(std::future::poll_fn(|cx| self.poll(cx)));
        self.node.leave_as(&self.entry, ending);
        (ending, self.polls > 0)
    }

    fn on_a_thread(self) -> JoinHandle<(Ending, bool)> {
        thread::spawn(move || self.run())
    }
}

/// The scope is empty, and its slots are all there.
fn end(node: &Node, limit: usize) {
    assert_eq!(node.registry.live(), 0);
    let slots = node.slots.as_ref().unwrap();
    let all: Vec<_> = (0..=limit).map(|_| slots.take_free()).collect();
    assert_eq!(all.iter().filter(|slot| slot.is_held()).count(), limit);
    drop(all);
    node.registry.close();
}

/// The same after a shutdown: none is given any more.
fn end_shut_down(node: &Node, tasks: usize) {
    let (counts, _) = node.registry.ended();
    assert_eq!((counts.entered, counts.live()), (tasks, 0));
    assert!(matches!(
        node.slots.as_ref().unwrap().take_free(),
        Slot::None
    ));
}

#[test]
fn a_task_that_has_its_slot_is_aborted_also_by_an_abort_that_meets_a_poll() {
    loom::model(|| {
        let (node, work) = (Node::limited(1), Work::default());
        let task = Task::spawn(&node, 0, &work, Body::Pends).unwrap();
        let task = task.on_a_thread();
        node.close_and_abort();
        block_on(node.wait());
        assert_eq!(task.join().unwrap().0, Ending::Cancelled);
        end_shut_down(&node, 1);
    });
}

#[test]
fn a_task_that_is_being_spawned_is_aborted_or_refused_with_a_slot_and_without() {
    loom::model(|| {
        let (node, work) = (Node::limited(1), Work::default());
        let spawner = {
            let (node, work) = (node.clone(), work.clone());
            thread::spawn(move || {
                let first = Task::spawn(&node, 0, &work, Body::Pends);
                let second = Task::spawn(&node, 1, &work, Body::Pends);
                let tasks = [first, second].into_iter().flatten();
                tasks.map(Task::run).collect::<Vec<_>>()
            })
        };
        node.close_and_abort();
        block_on(node.wait());
        let ended = spawner.join().unwrap();
        for (ending, was_polled) in &ended {
            assert!(matches!(ending, Ending::Cancelled | Ending::Refused));
            assert!(*ending == Ending::Cancelled || !was_polled);
        }
        end_shut_down(&node, ended.len());
    });
}

#[test]
fn a_slot_goes_from_task_to_task_and_back() {
    loom::model(|| {
        let (node, work) = (Node::limited(1), Work::default());
        let tasks = [0, 1].map(|number| {
            let task = Task::spawn(&node, number, &work, Body::Ends).unwrap();
            task.on_a_thread()
        });
        block_on(node.wait());
        for task in tasks {
            assert_eq!(task.join().unwrap(), (Ending::Finished, true));
        }
        end(&node, 1);
    });
}

// The first ends by itself or is aborted, and the second gets its slot or not.
#[test]
fn a_task_that_waits_is_refused_or_has_run_and_is_aborted() {
    loom::model(|| {
        let (node, work) = (Node::limited(1), Work::default());
        let holds = Task::spawn(&node, 0, &work, Body::Ends).unwrap();
        let waits = Task::spawn(&node, 1, &work, Body::Pends).unwrap();
        let (holds, waits) = (holds.on_a_thread(), waits.on_a_thread());
        node.close_and_abort();
        block_on(node.wait());
        let (ending, was_polled) = waits.join().unwrap();
        match ending {
            Ending::Refused => assert!(!was_polled, "it has run"),
            Ending::Cancelled => assert!(was_polled, "it was waiting"),
            other => panic!("{other:?}"),
        }
        let (ending, _) = holds.join().unwrap();
        assert!(matches!(ending, Ending::Finished | Ending::Cancelled));
        end_shut_down(&node, 2);
    });
}

// By its handle: the slot may have come to it before, and then goes to the next one.
#[test]
fn a_task_that_waits_and_is_aborted_loses_no_slot() {
    loom::model(|| {
        let (node, work) = (Node::limited(1), Work::default());
        let holds = Node::admit(&node, 0, 0).unwrap();
        let aborted = Task::spawn(&node, 1, &work, Body::Ends).unwrap();
        let next = Task::spawn(&node, 2, &work, Body::Ends).unwrap();
        let abort = aborted.abort.clone();
        let (aborted, next) = (aborted.on_a_thread(), next.on_a_thread());
        node.leave(&holds);
        abort.abort();
        let (ending, _) = aborted.join().unwrap();
        assert!(matches!(ending, Ending::Finished | Ending::Cancelled));
        assert_eq!(next.join().unwrap(), (Ending::Finished, true));
        drop(holds);
        end(&node, 1);
    });
}

// As `ready`.
#[test]
fn a_caller_that_waits_for_room_hears_of_a_slot_that_no_task_takes() {
    loom::model(|| {
        let (node, work) = (Node::limited(1), Work::default());
        let holds = Node::admit(&node, 0, 0).unwrap();
        let waits = Task::spawn(&node, 1, &work, Body::Ends).unwrap();
        let waits = waits.on_a_thread();
        let holds = {
            let node = node.clone();
            thread::spawn(move || node.leave(&holds))
        };
        block_on(node.slots.as_ref().unwrap().has_room());
        holds.join().unwrap();
        assert_eq!(waits.join().unwrap(), (Ending::Finished, true));
        end(&node, 1);
    });
}

// One that is polled and then dropped takes no slot with it.
#[test]
fn a_caller_that_no_longer_waits_for_room_takes_no_slot() {
    loom::model(|| {
        let (node, work) = (Node::limited(1), Work::default());
        let task = Task::spawn(&node, 0, &work, Body::Ends).unwrap();
        let task = task.on_a_thread();
        let gives_up = {
            let node = node.clone();
            thread::spawn(move || {
                let mut room = pin!(node.slots.as_ref().unwrap().has_room());
                let mut cx = Context::from_waker(std::task::Waker::noop());
                let _ = room.as_mut().poll(&mut cx);
            })
        };
        block_on(node.slots.as_ref().unwrap().has_room());
        task.join().unwrap();
        gives_up.join().unwrap();
        end(&node, 1);
    });
}
