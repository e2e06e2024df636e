//! No lint fires on a background function that would not fire on the plain one, and none is lost, but for those listed
//! here and in the documentation of `#[background]`.

use serde_json::Value;
use std::{collections::BTreeMap, env, process::Command};

/// Clippy learns with every release, and so the exceptions change.
const CLIPPY: &str = "clippy 0.1.95";

/// Lints that the background functions do not get, and why.
const LOST: [(&str, &str); 6] = [
    (
        "async_fn_in_trait",
        "the trait's method is no `async fn` any more, and `Send` is known of its handle",
    ),
    (
        "clippy::missing_errors_doc",
        "the function returns a handle",
    ),
    (
        "clippy::must_use_candidate",
        "the function returns a handle, which is `must_use` itself",
    ),
    (
        "clippy::needless_pass_by_value",
        "a blocking function's arguments are moved to its thread",
    ),
    (
        "clippy::toplevel_ref_arg",
        "a parameter with a pattern is bound by a `let`",
    ),
    (
        "clippy::unused_async",
        "the function is not `async` any more",
    ),
];

/// How often a lint fires at a line.
type Fired = BTreeMap<(String, u64), usize>;

#[test]
fn a_background_function_gets_the_lints_of_the_plain_one() {
    let clippy = Command::new(cargo()).args(["clippy", "--version"]).output();
    let version = clippy.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = version.expect("cargo should run");
    if !version.starts_with(CLIPPY) {
        println!(
            "skipped: the exceptions are those of {CLIPPY}, and this is `{}`",
            version.trim()
        );
        return;
    }
    let plain = lints(&["--cfg", "trap", "--cfg", "plain"]);
    let background = lints(&["--cfg", "trap"]);
    assert!(
        plain.len() > 80,
        "many lints should fire on the shapes: {plain:#?}"
    );

    let added = difference(&background, &plain);
    assert!(added.is_empty(), "only on background functions: {added:#?}");

    let lost = difference(&plain, &background);
    let is_listed = |name: &str| LOST.iter().any(|(listed, _)| *listed == name);
    let unlisted: Vec<_> = lost.keys().filter(|(name, _)| !is_listed(name)).collect();
    assert!(
        unlisted.is_empty(),
        "only on plain functions: {unlisted:#?}"
    );
    for (listed, _) in LOST {
        assert!(
            lost.keys().any(|(name, _)| name == listed),
            "{listed} is not lost any more"
        );
    }
}

/// What fires more often in the one than in the other.
fn difference(one: &Fired, other: &Fired) -> Fired {
    let more = |(place, count): (&(String, u64), &usize)| {
        let rest = count.saturating_sub(other.get(place).copied().unwrap_or_default());
        (rest > 0).then(|| (place.clone(), rest))
    };
    one.iter().filter_map(more).collect()
}

fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// The lints on `shapes.rs` with these flags of rustc.
fn lints(flags: &[&str]) -> Fired {
    let output = Command::new(cargo())
        .args([
            "clippy",
            "--offline",
            "--lib",
            "--message-format=json",
            "--manifest-path",
        ])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/shapes/Cargo.toml"))
        .arg("--")
        .args(flags)
        .output()
        .expect("cargo should run");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut fired = Fired::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let message: Value = serde_json::from_str(line).expect("cargo should write JSON");
        if message["target"]["name"] != "lint_shapes" {
            continue;
        }
        let diagnostic = &message["message"];
        let primary = diagnostic["spans"]
            .as_array()
            .and_then(|spans| spans.iter().find(|span| span["is_primary"] == true));
        if let (Some(name), Some(span)) = (diagnostic["code"]["code"].as_str(), primary) {
            let line = span["line_start"].as_u64().unwrap_or_default();
            *fired.entry((name.to_owned(), line)).or_default() += 1;
        }
    }
    fired
}
