//! What several subjects need.

mod drops;
mod failures;
mod leaked;
mod log;
mod panics;
mod process;
mod random;
mod runtimes;
mod tasks;
mod wakes;

pub use drops::{Drops, PanicsOnDrop, Witness};
pub use failures::Failures;
pub use leaked::leaked;
pub use log::Log;
pub use panics::{caught_panic, hide_expected_panics};
pub use process::{in_a_process_of_its_own, this_test_binary};
pub use random::{Random, check_random_steps};
pub use runtimes::{is_slow, on_each_runtime, runtime, runtime_with_one_blocking_thread, scale};
pub use tasks::{accounted, after, never, settle};
pub use wakes::Wakes;
