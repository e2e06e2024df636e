//! Makes one program of all mended cases: linking each of them alone would take minutes.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    let directory = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let mut modules = String::new();
    let mut names = Vec::new();
    for folder in entries(&directory).filter(|path| path.is_dir()) {
        println!("cargo::rerun-if-changed={}", folder.display());
        for file in entries(&folder) {
            let Some(name) = file
                .file_name()
                .and_then(|name| name.to_str()?.strip_suffix(".fixed.rs"))
            else {
                continue;
            };
            let folder = folder.file_name().unwrap_or_default().to_string_lossy();
            let module = format!("{folder}_{name}");
            modules.push_str(&format!(
                "mod {module} {{ include!({:?}); pub(super) fn run() {{ main() }} }}\n",
                file.display().to_string()
            ));
            names.push(format!("(\"{folder}/{name}\", {module}::run)"));
        }
    }
    let twins = format!(
        "{modules}const TWINS: &[(&str, fn())] = &[{}];",
        names.join(", ")
    );
    let output = Path::new(&variable("OUT_DIR")).join("fixed.rs");
    fs::write(output, twins).expect("cargo's output directory should be writable");

    println!("cargo::rustc-env=UI_RUSTC={}", rustc(&["--version"]));
    println!(
        "cargo::rustc-env=UI_SYSROOT={}",
        rustc(&["--print", "sysroot"])
    );
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
