//! Makes one program of all mended cases: linking each of them alone would take minutes.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// At the end of a case, followed by the number of a line, a colon, and what takes the line's place in the mended
/// program. With nothing behind the colon the line goes.
const FIX: &str = "\n//~ fix ";

fn main() {
    let directory = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let output = PathBuf::from(variable("OUT_DIR"));
    let mut modules = String::new();
    let mut names = Vec::new();
    for folder in entries(&directory).filter(|path| path.is_dir()) {
        println!("cargo::rerun-if-changed={}", folder.display());
        for case in entries(&folder) {
            let Some(name) = case
                .file_name()
                .and_then(|name| name.to_str()?.strip_suffix(".rs"))
                .filter(|name| !name.ends_with(".fixed"))
            else {
                continue;
            };
            let folder = folder.file_name().unwrap_or_default().to_string_lossy();
            let module = format!("{folder}_{name}");
            let twin = case.with_extension("fixed.rs");
            let mended = match mended(&case) {
                Some(program) => {
                    let path = output.join(format!("{module}.rs"));
                    fs::write(&path, program).expect("cargo's output directory should be writable");
                    path
                }
                None if twin.exists() => twin,
                None => continue, // `ui.rs` says so
            };
            modules.push_str(&format!(
                "mod {module} {{ include!({:?}); pub(super) fn run() {{ main() }} }}\n",
                mended.display().to_string()
            ));
            names.push(format!("(\"{folder}/{name}\", {module}::run)"));
        }
    }
    let twins = format!(
        "{modules}const TWINS: &[(&str, fn())] = &[{}];",
        names.join(", ")
    );
    fs::write(output.join("fixed.rs"), twins).expect("cargo's output directory should be writable");

    println!("cargo::rustc-env=UI_RUSTC={}", rustc(&["--version"]));
    println!(
        "cargo::rustc-env=UI_SYSROOT={}",
        rustc(&["--print", "sysroot"])
    );
}

/// The case with its own mend applied, if that is one line.
fn mended(case: &Path) -> Option<String> {
    let source = fs::read_to_string(case).expect("a case should be readable");
    let (program, fix) = source.split_once(FIX)?;
    let (number, replacement) = fix
        .split_once(':')
        .and_then(|(number, text)| Some((number.parse::<usize>().ok()?, text.trim())))
        .unwrap_or_else(|| panic!("{}: the fix should name a line", case.display()));
    let mut mended = String::new();
    for (index, line) in program.lines().enumerate() {
        if index + 1 != number {
            mended.push_str(line);
        } else if replacement.is_empty() {
            continue;
        } else {
            assert!(
                line.trim() != replacement,
                "{}: the fix changes nothing",
                case.display()
            );
            let indentation = line.len() - line.trim_start().len();
            mended.push_str(&line[..indentation]);
            mended.push_str(replacement);
        }
        mended.push('\n');
    }
    Some(mended)
}

/// What the compiler answers.
fn rustc(arguments: &[&str]) -> String {
    let output = Command::new(variable("RUSTC")).args(arguments).output();
    let answer = output.expect("rustc should run").stdout;
    String::from_utf8_lossy(&answer).trim().to_owned()
}

fn variable(name: &str) -> String {
    env::var(name).expect("cargo should set its variables")
}

fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory)
        .expect("the catalogue should be readable")
        .map(|entry| entry.expect("an entry should be readable").path())
        .collect();
    entries.sort();
    entries.into_iter()
}
