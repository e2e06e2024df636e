use super::{Ending, TaskInfo, counts::Counts};

/// How the tasks of one shard ended, and their seats, until those who spawn there take them back.
pub(super) struct Returned {
    seats: Vec<usize>,
    /// With so many, there is more memory for tasks that have ended than it is worth keeping.
    enough: usize,
    pub(super) ended: Counts,
    /// Who was cut off.
    pub(super) aborted: Vec<TaskInfo>,
}

impl Default for Returned {
    fn default() -> Self {
        Returned {
            seats: Vec::new(),
            enough: usize::MAX,
            ended: Counts::default(),
            aborted: Vec::new(),
        }
    }
}

impl Returned {
    #[inline]
    pub(super) fn count(&mut self, ending: Ending) {
        self.ended.count(ending);
    }

    /// Whether there are enough to give memory back.
    #[inline]
    pub(super) fn give(&mut self, seat: usize) -> bool {
        self.seats.push(seat);
        self.seats.len() >= self.enough
    }

    /// Takes the seats in exchange for none.
    pub(super) fn take(&mut self, empty: &mut Vec<usize>) {
        std::mem::swap(&mut self.seats, empty);
    }

    /// With so many there are enough.
    pub(super) fn expect(&mut self, enough: usize) {
        self.enough = enough;
    }
}
