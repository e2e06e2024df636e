//! Random sequences of steps, the same each time unless `SPAWN_SEED` says otherwise.

use std::fmt::Debug;

use super::{caught_panic, runtimes::variable};

/// Good enough to shuffle with, and the same each time.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    pub fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// One of these, each as often as its weight says.
    pub fn weighted<T: Copy>(&mut self, of: &[(u64, T)]) -> T {
        let mut rest = self.below(of.iter().map(|(weight, _)| weight).sum());
        for (weight, item) in of {
            if rest < *weight {
                return *item;
            }
            rest -= weight;
        }
        unreachable!("the rest is less than the sum of the weights")
    }
}

/// Runs `check`, which panics where something is wrong, on sequences of up to `longest` random steps. Of one that fails
/// it shows those steps that it takes to fail.
pub fn check_random_steps<S: Clone + Debug>(
    cases: usize,
    longest: usize,
    step: impl Fn(&mut Random) -> S,
    check: impl Fn(&[S]),
) {
    let seed: u64 = variable("SPAWN_SEED").unwrap_or(0);
    for case in 0..cases {
        // The first numbers of seeds that are close to each other are close, too.
        let case_seed = seed.wrapping_add(case as u64);
        let mut random = Random(case_seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let length = random.index(longest + 1);
        let steps: Vec<S> = (0..length).map(|_| step(&mut random)).collect();
        let fails = |steps: &[S]| caught_panic(|| check(steps)).is_some();
        if fails(&steps) {
            let fewest = fewest_that_fail(steps, fails);
            eprintln!("case {case} of seed {seed} fails with the steps {fewest:#?}");
            check(&fewest);
            panic!("it fails only at times");
        }
    }
}

/// Leaves out steps, many at once and then one by one, as long as it fails without them.
fn fewest_that_fail<S: Clone>(mut steps: Vec<S>, fails: impl Fn(&[S]) -> bool) -> Vec<S> {
    let mut count = steps.len().div_ceil(2);
    while count > 0 {
        let mut at = 0;
        while at < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + count).min(steps.len()));
            if fails(&fewer) {
                steps = fewer;
            } else {
                at += count;
            }
        }
        count /= 2;
    }
    steps
}
