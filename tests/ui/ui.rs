//! The errors of the catalogue, as a user reads them. Every case is a program with one kind of mistake, and its error
//! is beside it in `.stderr`. The case also says how the program reads after exactly the error's advice was followed.
//! Where that changes one line, the last line of the case is `//~ fix LINE: TEXT`. Otherwise the mended program is
//! beside it in `.fixed.rs`. `fixed.rs` compiles and runs all of them.
//!
//! After a change of the wording: `TRYBUILD=overwrite cargo test -p ui-tests --test ui`, and read the difference as a
//! user would.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The toolchain whose words the snapshots have. Others say some things differently.
const TOOLCHAIN: &str = "rustc 1.95.";

const REMARK_ON_MACROS: &str = "this error originates in the attribute macro";

/// Cases in which that remark cannot be avoided, and why.
const WITH_REMARK: [(&str, &str); 1] = [(
    "arguments/hidden_name",
    "the point of the error is that a name comes out of the macro",
)];

/// Cases in which rustc shows lines of the standard library, if it has its source.
const WITH_STD: [&str; 5] = [
    "call_site/flatten_without_conversion",
    "send/boxed_error",
    "send/generic_result",
    "send/opaque_result",
    "types/wrong_error",
];

/// The cases' paths without `.rs`, relative to this directory.
fn cases() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases = Vec::new();
    for folder in paths(directory).into_iter().filter(|path| path.is_dir()) {
        for file in paths(&folder) {
            let path = file
                .strip_prefix(directory)
                .expect("it is below the directory");
            let path = path.to_str().expect("the names of the cases are plain");
            if let Some(case) = path
                .strip_suffix(".rs")
                .filter(|case| !case.ends_with(".fixed"))
            {
                cases.push(case.to_owned());
            }
        }
    }
    cases
}

fn paths(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("the catalogue should be readable");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry should be readable").path())
        .collect();
    paths.sort();
    paths
}

#[test]
fn every_mistake_gets_its_error() {
    let rustc = env!("UI_RUSTC");
    if !rustc.starts_with(TOOLCHAIN) {
        println!("skipped: the errors are recorded for {TOOLCHAIN}x, and this is {rustc}");
        return;
    }
    let sources = Path::new(env!("UI_SYSROOT")).join("lib/rustlib/src/rust/library");
    let has_sources = sources.exists();
    let tests = trybuild::TestCases::new();
    for case in cases() {
        if has_sources && WITH_STD.contains(&case.as_str()) {
            println!("skipped: {case} is recorded without the component `rust-src`");
            continue;
        }
        tests.compile_fail(format!("{case}.rs"));
    }
}

#[test]
fn every_error_is_mended_by_its_advice() {
    let cases = cases();
    assert!(cases.len() >= 60, "{} cases are left", cases.len());
    for case in cases {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&case);
        let program =
            fs::read_to_string(path.with_extension("rs")).expect("every case should be readable");
        let has_fix = program.contains("\n//~ fix ");
        let has_twin = path.with_extension("fixed.rs").exists();
        assert!(has_fix || has_twin, "{case} has no mended program");
        assert!(!(has_fix && has_twin), "{case} has two mended programs");
    }
}

#[test]
fn no_error_talks_about_macros() {
    for case in cases() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&case);
        let error = fs::read_to_string(path.with_extension("stderr"))
            .expect("every case should have its error recorded");
        let may_have_remark = WITH_REMARK.iter().any(|(other, _)| *other == case);
        assert_eq!(
            error.contains(REMARK_ON_MACROS),
            may_have_remark,
            "{case}:\n{error}"
        );
    }
}
