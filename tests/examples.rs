//! Runs the small examples. Each asserts what it claims.

use std::{env, path::PathBuf, process::Command};

/// `cargo test` builds the examples next to the tests.
fn example(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a test has a path");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("target/<profile>/deps/<test>");
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    profile.join("examples").join(file)
}

fn runs(name: &str) {
    let path = example(name);
    assert!(
        path.exists(),
        "{} is missing: run `cargo build --examples` first, or all tests with `cargo test --workspace`",
        path.display()
    );
    let output = Command::new(path).output().expect("the example starts");
    assert!(
        output.status.success(),
        "{name} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

macro_rules! examples {
    ($($name:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            runs(stringify!($name));
        }
    )*};
}

examples! {
    accept_loop,
    cancel_and_stop,
    cpu_bound,
    fan_out,
    fire_and_forget,
    get_the_result,
    graceful_shutdown,
    methods_and_traits,
    metrics,
    ordered_shutdown,
    structured,
    supervised,
    task_local,
}
