/// How many seats that no task has a shard keeps for the tasks to come.
///
/// What a burst has left is given back soon. But where bursts come one after the other, seats that were
/// given back would have to be made again each time: then more are kept, until they have not been wanted
/// for long.
pub(super) struct Reserve {
    keep: usize,
    /// How many seats there were when some were given back last, and how many tasks had come by then.
    before: usize,
    given_back_at: usize,
    /// How many tasks had come when most of what is kept was in use.
    wanted_at: usize,
}

const FEW: usize = 1_024;

impl Default for Reserve {
    fn default() -> Self {
        Reserve {
            keep: FEW,
            before: 0,
            given_back_at: 0,
            wanted_at: 0,
        }
    }
}

impl Reserve {
    /// So many seats may be free when so many are `taken`.
    pub(super) fn may_be_free(&self, taken: usize) -> usize {
        self.keep.max(taken)
    }

    /// After so many tasks, so many seats are `taken`.
    pub(super) fn used(&mut self, taken: usize, tasks: usize) {
        if taken > self.keep / 2 {
            self.wanted_at = tasks;
        } else if self.keep > FEW && tasks.wrapping_sub(self.wanted_at) > 16 * self.keep {
            self.keep = FEW.max(self.keep / 2);
            self.wanted_at = tasks;
        }
    }

    /// Seats have to be made.
    pub(super) fn grown(&mut self, tasks: usize) {
        if tasks.wrapping_sub(self.given_back_at) < 8 * self.before {
            self.keep = self.keep.max(self.before);
        }
    }

    /// Of so many seats, some were given back.
    pub(super) fn given_back(&mut self, before: usize, tasks: usize) {
        self.before = before;
        self.given_back_at = tasks;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_and_wanted_again_is_kept_until_it_is_not_wanted_for_long() {
        let mut reserve = Reserve::default();
        reserve.grown(10_000);
        assert_eq!(reserve.may_be_free(10), FEW);
        reserve.given_back(10_000, 10_000);
        reserve.grown(11_000);
        assert_eq!(reserve.may_be_free(10), 10_000);
        reserve.used(9_000, 20_000);
        reserve.used(10, 180_000);
        assert_eq!(reserve.may_be_free(10), 10_000);
        reserve.used(10, 180_001);
        assert_eq!(reserve.may_be_free(10), 5_000);
    }

    #[test]
    fn a_burst_long_after_another_one_keeps_nothing() {
        let mut reserve = Reserve::default();
        reserve.given_back(10_000, 10_000);
        reserve.grown(100_000);
        assert_eq!(reserve.may_be_free(10), FEW);
        assert_eq!(reserve.may_be_free(5_000), 5_000);
    }
}
