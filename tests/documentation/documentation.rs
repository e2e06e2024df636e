//! `cargo doc` shows a background function as what it is to its callers, with its own documentation and a link to its
//! own source.

use std::{env, fs, path::Path, process::Command};

#[test]
fn the_documentation_shows_the_handle_the_text_and_the_source() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("cargo should put the tests' directory below its own");
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let status = Command::new(cargo)
        .args([
            "rustdoc",
            "--offline",
            "--quiet",
            "--lib",
            "--manifest-path",
        ])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .status()
        .expect("cargo should run");
    assert!(status.success());
    let check = |name: &str, signature: &str, words: &str, source: &str| {
        let path = target.join("doc/documented").join(name);
        let html = fs::read_to_string(path).expect("there should be a page of that name");
        let shown = text(&html);
        assert!(shown.contains(&squeezed(signature)), "{shown}");
        assert!(shown.contains(&squeezed(words)), "{shown}");
        assert!(
            html.contains(&format!("documented.rs.html#{source}\"")),
            "{html}"
        );
    };
    check(
        "fn.count.html",
        "pub fn count(to: u32, __arg1: (u32, u32)) -> TaskHandle<Result<u32, String>>",
        "Counts up to a number.",
        "8-10",
    );
    check(
        "struct.Worker.html",
        "pub fn work(self: Arc<Self>, steps: u32) -> AbortOnDrop<()>",
        "Works until it is told to stop.",
        "18-22",
    );
    check(
        "trait.Job.html",
        "fn run(self: Arc<Self>) -> TaskHandle<u32>;",
        "Does it.",
        "29",
    );
}

/// A page without its tags and layout.
fn text(html: &str) -> String {
    let mut text = String::new();
    for (index, part) in html.split('<').enumerate() {
        let (_, shown) = part
            .split_once('>')
            .filter(|_| index > 0)
            .unwrap_or(("", part));
        text.push_str(shown);
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    squeezed(&text)
}

fn squeezed(text: &str) -> String {
    let text: String = text.split_whitespace().collect();
    text.replace(",)", ")")
}
