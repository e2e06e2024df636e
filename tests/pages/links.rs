//! Every relative link of a page leads to a file of the repository, and to a heading of it.

use std::{fs, path::Path};

const PAGES: [&str; 8] = [
    "BENCHMARKS.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "docs/expansion.md",
    "docs/faq.md",
    "docs/from-tokio-spawn.md",
    "spawn-macros/README.md",
];

#[test]
fn every_relative_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut links = 0;
    let mut broken = Vec::new();
    for page in PAGES {
        let path = root.join(page);
        for link in relative_links(&prose(&path)) {
            links += 1;
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().expect("a file is in a folder").join(file),
            };
            let leads = target.exists()
                && (heading.is_empty() || anchors(&target).iter().any(|it| it == heading));
            if !leads {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(links > 50, "the pages have more links than {links}");
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The lines outside of blocks of code.
fn prose(page: &Path) -> Vec<String> {
    let mut is_code = false;
    let text = fs::read_to_string(page).expect("there should be a page of that name");
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push(line.to_owned());
        }
    }
    lines
}

fn relative_links(lines: &[String]) -> Vec<String> {
    let text = lines.join("\n");
    let ends = text.split("](").skip(1);
    ends.filter_map(|rest| rest.split_once(')'))
        .map(|(link, _)| link.to_owned())
        .filter(|link| !link.starts_with("http"))
        .collect()
}

/// What GitHub makes of the headings.
fn anchors(page: &Path) -> Vec<String> {
    prose(page)
        .iter()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter_map(|letter| match letter {
                ' ' => Some('-'),
                '-' | '_' => Some(letter),
                letter if letter.is_alphanumeric() => Some(letter),
                _ => None,
            });
            kept.collect()
        })
        .collect()
}
