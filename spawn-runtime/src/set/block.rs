use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::woken::{BlockWaker, Woken};
use crate::{TaskError, TaskHandle};

/// A few handles that share a waker. One for each would have to be allocated for each.
///
/// Its places are taken in order and not used twice, until all are empty: their order is that of
/// insertion.
pub(super) struct Block<T> {
    handles: Vec<Option<TaskHandle<T>>>,
    /// One bit for each place.
    occupied: u32,
    /// Never polled, so that they wake nobody yet.
    fresh: u32,
    /// Yet to be looked at.
    unseen: u32,
    /// The number of the first place among all that the set ever had.
    pub(super) first: u64,
    shared: Arc<BlockWaker>,
    waker: Waker,
}

pub(super) const PLACES: usize = 16;

impl<T> Block<T> {
    pub(super) fn new(woken: Arc<Woken>, index: usize) -> Self {
        let shared = Arc::new(BlockWaker::new(woken, index));
        Block {
            handles: Vec::with_capacity(PLACES),
            occupied: 0,
            fresh: 0,
            unseen: 0,
            first: 0,
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
        self.handles.len() == PLACES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.occupied == 0
    }

    pub(super) fn push(&mut self, handle: TaskHandle<T>) {
        let bit = 1 << self.handles.len();
        self.handles.push(Some(handle));
        self.occupied |= bit;
        self.fresh |= bit;
        // Looked at for the first time when the set is next polled.
        self.waker.wake_by_ref();
    }

    /// All places are to be looked at: one of them woke the block.
    pub(super) fn look(&mut self) {
        self.shared.look();
        self.unseen = self.occupied;
    }

    /// Looks on, until it finds a task that has ended. Gives its number and what `receive` made of it.
    pub(super) fn next_ended<R>(
        &mut self,
        receive: &mut impl FnMut(&mut TaskHandle<T>, &mut Context<'_>) -> Poll<R>,
    ) -> Option<(u64, R)> {
        while self.unseen != 0 {
            let place = self.unseen.trailing_zeros();
            let bit = 1 << place;
            self.unseen &= !bit;
            let Some(handle) = &mut self.handles[place as usize] else {
                continue;
            };
            if self.fresh & bit == 0 && !handle.has_news() {
                continue;
            }
            self.fresh &= !bit;
            let mut cx = Context::from_waker(&self.waker);
            if let Poll::Ready(received) = receive(handle, &mut cx) {
                self.handles[place as usize] = None;
                self.occupied &= !bit;
                return Some((self.first + u64::from(place), received));
            }
        }
        None
    }

    pub(super) fn handles(&self) -> impl Iterator<Item = &TaskHandle<T>> {
        self.handles.iter().flatten()
    }

    /// The results of all, in order.
    pub(super) async fn join_all(&mut self, results: &mut Vec<Result<T, TaskError>>) {
        for handle in &mut self.handles {
            if let Some(ended) = handle {
                results.push(ended.await);
                *handle = None;
            }
        }
    }
}
