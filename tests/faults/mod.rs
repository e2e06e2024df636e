//! Faults, bad input and races. Each test checks the same: every task ends once, every future is dropped once, the
//! counts add up, and nothing hangs. `ci/stress.sh` runs more of everything.

mod called_elsewhere;
mod closing;
mod late_spawners;
mod leaving;
mod panics;
mod races;
mod runtimes;
#[cfg(unix)]
mod signals;
mod spawners;
mod stack;
mod storms;
mod wakers;
