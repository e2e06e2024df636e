use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use tokio::task::coop;

use super::woken::{BlockWaker, Woken};
use crate::{TaskError, TaskHandle};

/// A few handles that share a waker. One for each would have to be allocated for each.
///
/// Its slots are taken in order and not used twice, until all are empty: their order is that of
/// insertion.
pub(super) struct Block<T> {
    handles: Vec<Option<TaskHandle<T>>>,
    /// One bit for each slot.
    occupied: u32,
    /// Not polled yet, or in vain: their tasks do not wake the block.
    fresh: u32,
    /// Yet to be looked at.
    unseen: u32,
    /// The number of the first slot among all that the set ever had.
    first: u64,
    /// The index of the first slot among those that the set has.
    base: usize,
    shared: Arc<BlockWaker>,
    waker: Waker,
}

pub(super) const SLOTS: usize = 16;

impl<T> Block<T> {
    pub(super) fn new(woken: Arc<Woken>, block: usize) -> Self {
        let shared = Arc::new(BlockWaker::new(woken, block));
        Block {
            handles: Vec::with_capacity(SLOTS),
            occupied: 0,
            fresh: 0,
            unseen: 0,
            first: 0,
            base: block * SLOTS,
            waker: Waker::from(shared.clone()),
            shared,
        }
    }

    /// Makes an empty block like new.
    pub(super) fn reset(&mut self, first: u64) {
        self.handles.clear();
        self.unseen = 0;
        self.first = first;
    }

    pub(super) fn is_full(&self) -> bool {
        self.handles.len() == SLOTS
    }

    pub(super) fn is_empty(&self) -> bool {
        self.occupied == 0
    }

    /// Returns the number of a slot among all that the set ever had: they are in the order of insertion.
    pub(super) fn number(&self, slot: usize) -> u64 {
        self.first + slot as u64
    }

    /// Returns the slot of the next handle that is added.
    pub(super) fn next_slot(&self) -> usize {
        self.handles.len()
    }

    /// Adds a handle.
    pub(super) fn push(&mut self, handle: TaskHandle<T>) {
        let slot = self.next_slot();
        self.handles.push(Some(handle));
        self.occupied |= 1 << slot;
        self.fresh |= 1 << slot;
        // Looked at for the first time when the set is next polled.
        self.waker.wake_by_ref();
    }

    pub(super) fn get(&self, slot: usize) -> Option<&TaskHandle<T>> {
        self.handles.get(slot)?.as_ref()
    }

    /// Takes a handle out. When its task ends, it may still wake the block, where there is nothing then.
    pub(super) fn take(&mut self, slot: usize) -> Option<TaskHandle<T>> {
        let handle = self.handles.get_mut(slot)?.take()?;
        self.occupied &= !(1 << slot);
        self.fresh &= !(1 << slot);
        Some(handle)
    }

    /// All slots are to be looked at: one of them woke the block.
    pub(super) fn look(&mut self) {
        self.shared.look();
        self.unseen = self.occupied;
    }

    /// Looks on, until it finds a task that has ended. Returns its slot and what `receive` made of it.
    pub(super) fn next_ended<R>(
        &mut self,
        receive: &mut impl FnMut(&mut TaskHandle<T>, &mut Context<'_>) -> Poll<R>,
    ) -> Option<(usize, R)> {
        while self.unseen != 0 {
            let slot = self.unseen.trailing_zeros() as usize;
            let bit = 1 << slot;
            self.unseen &= !bit;
            let Some(handle) = &mut self.handles[slot] else {
                continue;
            };
            if self.fresh & bit == 0 && !handle.has_news() {
                continue;
            }
            self.fresh &= !bit;
            let mut cx = Context::from_waker(&self.waker);
            if let Poll::Ready(received) = receive(handle, &mut cx) {
                self.handles[slot] = None;
                self.occupied &= !bit;
                return Some((slot, received));
            }
            // A task that goes on as a second one is polled twice. If the first poll took the last of the budget, the
            // second has left no waker.
            if !coop::has_budget_remaining() {
                self.fresh |= bit;
            }
        }
        None
    }

    pub(super) fn handles(&self) -> impl Iterator<Item = &TaskHandle<T>> {
        self.handles.iter().flatten()
    }

    /// Waits for all, and gives their indices in the set and their results in order.
    pub(super) async fn join_all(&mut self, give: &mut impl FnMut(usize, Result<T, TaskError>)) {
        for (slot, handle) in self.handles.iter_mut().enumerate() {
            if let Some(ended) = handle {
                give(self.base + slot, ended.await);
                *handle = None;
            }
        }
    }

    /// By which blocks are in the order of insertion.
    pub(super) fn order(&self) -> u64 {
        self.first
    }
}
