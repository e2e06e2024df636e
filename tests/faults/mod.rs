//! Faults, bad input and races, each with the same demands: every task ends once, every future is
//! dropped once, the counts add up, and nothing hangs. Small here; `ci/stress.sh` runs them large.

mod closing;
mod panics;
mod races;
mod runtimes;
#[cfg(unix)]
mod signals;
mod wakers;
