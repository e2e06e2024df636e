//! Tests that need a process of their own: this test binary, run again for one test.

use std::{env, process::Command};

/// Set in the process of a single test.
const ALONE: &str = "SPAWN_TEST_ALONE";

/// Runs the test in a new process, in which no other runs, unless this is that process.
///
/// `name` is the test's full name, such as `tracing::a_test`.
pub fn in_a_process_of_its_own(name: &str, test: impl FnOnce()) {
    if env::var_os(ALONE).is_some() {
        return test();
    }
    let output = this_test_binary(name).env(ALONE, "1").output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The command that runs this one test.
pub fn this_test_binary(name: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]);
    command
}
