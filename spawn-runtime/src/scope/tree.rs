//! A scope among those above it and below it: what concerns all of them.

use std::{
    collections::HashSet,
    mem,
    sync::{Arc, Weak},
};

use tokio::time::Instant;

use super::{
    TaskInfo,
    counts::Counts,
    lock,
    node::{Children, Node, Settings},
};
use crate::error::catch_panic;

impl Node {
    /// A child of a scope that is closed is born closed.
    pub(super) fn child(self: &Arc<Self>, settings: Settings) -> Arc<Node> {
        let mut children = lock(&self.children);
        let key = children.next_key;
        children.next_key += 1;
        let token = self.token.child_token();
        let child = Arc::new(Node::new(token, Some(self.clone()), key, settings));
        children.nodes.insert(key, Arc::downgrade(&child));
        let closed = children.closed;
        drop(children);
        if closed {
            child.close();
        }
        child
    }

    /// Returns this scope and those above it.
    pub(super) fn lineage(&self) -> impl Iterator<Item = &Node> {
        std::iter::successors(Some(self), |node| node.parent.as_deref())
    }

    pub(super) fn above(&self) -> impl Iterator<Item = &Node> {
        self.lineage().skip(1)
    }

    /// Returns this scope and those below it that are alive.
    pub(super) fn subtree(self: &Arc<Self>) -> Vec<Arc<Node>> {
        self.subtree_but(|_| false)
    }

    /// Returns the scopes in which there may be a task that is not aborted. They must be closed.
    pub(super) fn subtree_to_abort(self: &Arc<Self>) -> Vec<Arc<Node>> {
        self.subtree_but(|children| children.all_aborted)
    }

    /// The same without the scopes that are `done`, and those below them.
    fn subtree_but(self: &Arc<Self>, done: impl Fn(&Children) -> bool) -> Vec<Arc<Node>> {
        let mut nodes = vec![self.clone()];
        let mut next = 0;
        // A loop, since a recursion would run out of stack in a deep tree.
        while let Some(node) = nodes.get(next).cloned() {
            let children = lock(&node.children);
            if done(&children) {
                drop(children);
                nodes.swap_remove(next);
                continue;
            }
            nodes.extend(children.nodes.values().filter_map(Weak::upgrade));
            next += 1;
        }
        nodes
    }

    /// Admits no more tasks, here and below. When it returns, no task can come any more, in no child either:
    /// so it goes all the way down, also where another call is on its way.
    pub(super) fn close(self: &Arc<Self>) {
        let mut nodes = vec![self.clone()];
        let mut closed = Vec::new();
        while let Some(node) = nodes.pop() {
            let mut children = lock(&node.children);
            // Else a line of scopes that are dropped one by one would be gone through again for each.
            if !children.all_closed {
                children.closed = true;
                nodes.extend(children.nodes.values().filter_map(Weak::upgrade));
                drop(children);
                node.registry.close();
                closed.push(node);
            }
        }
        for node in &closed {
            lock(&node.children).all_closed = true;
        }
        for node in &closed {
            node.progress.wake_all();
        }
    }

    /// Wakes what waits for a change of this scope, here and below, since what ends a scope ends those below it.
    #[cold]
    pub(super) fn wake_progress(self: &Arc<Self>) {
        for node in self.subtree() {
            node.progress.wake_all();
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        lock(&self.children).all_closed
    }

    /// Gives no more slots, here and below. The scope must be closed.
    pub(super) fn refuse_waiting(self: &Arc<Self>) {
        for node in self.subtree_to_abort() {
            if let Some(slots) = &node.slots {
                // It wakes tasks.
                catch_panic(|| slots.close());
            }
        }
    }

    /// Returns the tasks here and below, the oldest first.
    pub(super) fn tasks(self: &Arc<Self>) -> Vec<TaskInfo> {
        // One look at the clock, by which they are sorted.
        let now = Instant::now();
        let mut tasks = Vec::new();
        for node in self.subtree() {
            node.registry
                .for_each(|entry| tasks.extend(entry.info_at(now)));
        }
        tasks.sort_by_key(|task| std::cmp::Reverse(task.age()));
        tasks
    }

    /// Returns how the tasks here and below ended.
    ///
    /// A task that the shutdown of a scope below has aborted is counted here as one of the cancelled, unless this
    /// scope is being aborted too: a list of them would grow for as long as it lives. As long as that scope lives, its
    /// own list tells.
    pub(super) fn ended(self: &Arc<Self>) -> (Counts, Vec<TaskInfo>) {
        // Those below first: what is in their lists is counted here by then.
        let below: Vec<TaskInfo> = self
            .subtree()
            .iter()
            .skip(1)
            .flat_map(|node| node.registry.ended().1)
            .collect();
        let (mut counts, mut aborted) = self.registry.ended();
        let mut known: HashSet<_> = aborted.iter().map(TaskInfo::id).collect();
        for task in below {
            if known.insert(task.id()) {
                counts.cancelled -= 1;
                aborted.push(task);
            }
        }
        aborted.sort_by_key(|task| std::cmp::Reverse(task.age()));
        (counts, aborted)
    }

    /// Aborts all tasks at once: the last `TaskScope` was dropped, so no caller is left to wait.
    pub(super) fn abandon(self: &Arc<Self>) {
        self.close();
        // This runs in destructors.
        catch_panic(|| self.token.cancel());
        if self.live() > 0 {
            self.refuse_waiting();
            let nodes = self.subtree_to_abort();
            nodes.iter().for_each(|node| node.set_aborting());
            for node in &nodes {
                node.registry.for_each(|entry| entry.abort());
            }
            Node::all_are_aborted(&nodes);
        }
    }

    /// What [`subtree_to_abort`](Self::subtree_to_abort) gave is done.
    pub(super) fn all_are_aborted(nodes: &[Arc<Node>]) {
        nodes
            .iter()
            .for_each(|node| lock(&node.children).all_aborted = true);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // The destructors of a hook and an observer are user code, and this may be the end of the scope's last task.
        catch_panic(|| drop(mem::take(&mut self.settings)));
        let Some(parent) = self.parent.take() else {
            return;
        };
        lock(&parent.children).nodes.remove(&self.key);
        // A deep line of scopes would run out of stack if each dropped its parent in its own destructor.
        let mut last = Arc::into_inner(parent);
        while let Some(mut node) = last {
            let Some(parent) = node.parent.take() else {
                break;
            };
            lock(&parent.children).nodes.remove(&node.key);
            last = Arc::into_inner(parent);
        }
    }
}
