//! The errors of durable functions, as a user reads them: see tests/ui/ui.rs, whose rules hold here too.
//!
//! After a change of the wording, in `spawn-temporal`: `TRYBUILD=overwrite cargo test -p temporal-ui-tests --test ui`.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The toolchain whose words the snapshots have. Others say some things differently.
const TOOLCHAIN: &str = "rustc 1.95.";

/// Cases in which rustc shows lines of the standard library, if it has its source.
const WITH_STD: [&str; 0] = [];

/// The cases without `.rs`.
fn cases() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases = Vec::new();
    for folder in ["options", "parameters", "types"] {
        for entry in fs::read_dir(directory.join(folder)).expect("the catalogue should be readable")
        {
            let path = entry.expect("an entry should be readable").path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if let Some(case) = name
                .strip_suffix(".rs")
                .filter(|case| !case.ends_with(".fixed"))
            {
                cases.push(path.with_file_name(case));
            }
        }
    }
    cases.sort();
    cases
}

#[test]
fn every_mistake_gets_its_error() {
    let rustc = env!("UI_RUSTC");
    if !rustc.starts_with(TOOLCHAIN) {
        println!("skipped: the errors are recorded for {TOOLCHAIN}x, and this is {rustc}");
        return;
    }
    let has_sources = Path::new(env!("UI_SYSROOT"))
        .join("lib/rustlib/src/rust/library")
        .exists();
    let tests = trybuild::TestCases::new();
    for case in cases() {
        if has_sources && WITH_STD.iter().any(|other| case.ends_with(other)) {
            println!(
                "skipped: {} is recorded without the component `rust-src`",
                case.display()
            );
            continue;
        }
        tests.compile_fail(case.with_extension("rs"));
    }
}

#[test]
fn every_error_is_mended_by_its_advice() {
    let cases = cases();
    assert!(cases.len() >= 40, "{} cases are left", cases.len());
    for case in cases {
        let program =
            fs::read_to_string(case.with_extension("rs")).expect("every case should be readable");
        let has_fix = program.contains("\n//~ fix ");
        let has_twin = case.with_extension("fixed.rs").exists();
        assert_ne!(
            has_fix,
            has_twin,
            "{} needs one mended program",
            case.display()
        );
    }
}

#[test]
fn no_error_talks_about_macros() {
    for case in cases() {
        let error = fs::read_to_string(case.with_extension("stderr"))
            .expect("every case should have its error recorded");
        let remark = "this error originates in the attribute macro";
        assert!(!error.contains(remark), "{}:\n{error}", case.display());
    }
}
