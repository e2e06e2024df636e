//! The tables of BENCHMARKS.md, so that no number is typed.

use std::{fmt::Write as _, fs, io::Read as _};

use crate::{
    count,
    load::Runtime,
    memory::{self, PARKED},
    wall,
    ways::{self, Steady, Way},
};

const PARKED_TASKS: usize = 1_000_000;

/// What was measured for one way; a column holds counts per task, and for wall time ratios to raw.
struct Measured {
    one: f64,
    thousand: f64,
    many: f64,
    two_workers: f64,
    allocations: [f64; 2],
    wall: f64,
    wall_two: f64,
    contended: f64,
}

pub fn write(benchmarks: &str) {
    let ways: Vec<&Way> = ways::all().collect();
    let counts = count::at_once(&ways, |way| {
        let current = |batch| count::instructions(way, batch, Runtime::CurrentThread);
        (
            [current(1), current(1_000), current(100_000)],
            count::instructions(way, 1_000, Runtime::TwoWorkers),
            count::allocations(way, 1_000),
        )
    });
    let wall = wall::ratios(&ways, 1_000, Runtime::CurrentThread, 1);
    let wall_two = wall::ratios(&ways, 1_000, Runtime::TwoWorkers, 1);
    let contended = wall::ratios(&ways, 1_000, Runtime::TwoWorkers, 8);
    let measured: Vec<Measured> = counts
        .into_iter()
        .zip(wall.into_iter().zip(wall_two).zip(contended))
        .map(
            |(([one, thousand, many], two_workers, allocations), ((wall, wall_two), contended))| {
                Measured {
                    one,
                    thousand,
                    many,
                    two_workers,
                    allocations,
                    wall,
                    wall_two,
                    contended,
                }
            },
        )
        .collect();
    splice(benchmarks, "by hand", &by_hand(&ways, &measured));
    splice(benchmarks, "all ways", &all_ways(&ways, &measured));
    splice(benchmarks, "parked", &parked());
}

/// Ours next to the same written by hand.
fn by_hand(ways: &[&Way], measured: &[Measured]) -> String {
    let mut text = String::from(
        "| | the same by hand | instructions | aim | allocations | wall time |\n|---|---|---|---|---|---|\n",
    );
    for (way, ours) in ways.iter().zip(measured) {
        let Some((name, aim)) = way.by_hand else {
            continue;
        };
        let index = ways.iter().position(|way| way.name == name);
        let index = index.expect("what it is compared with is a way too");
        let theirs = &measured[index];
        writeln!(
            text,
            "| {} | {} | {}{:.2} | {aim:.2} | {:.0} : {:.0} | {:.2} |",
            way.title,
            ways[index].title,
            about(way),
            ours.thousand / theirs.thousand,
            ours.allocations[0],
            theirs.allocations[0],
            ours.wall / theirs.wall,
        )
        .expect("a String");
    }
    text
}

fn all_ways(ways: &[&Way], measured: &[Measured]) -> String {
    let mut text = String::from(
        "| | one at a time | batches of 1,000 | of 100,000 | 1,000, two workers | allocations | bytes | wall time | two workers | eight at once |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    let raw = &measured[0];
    for (index, (way, ours)) in ways.iter().zip(measured).enumerate() {
        let about = about(way);
        let [blocks, bytes] = ours.allocations;
        let count = |ours: f64, raw: f64| match index {
            0 => format!("{ours:.0}"),
            _ => format!("{about}{:.2}", ours / raw),
        };
        writeln!(
            text,
            "| {} | {} | {} | {} | ≈ {} | {blocks:.0} | {bytes:.0} | {:.2} | {:.2} | {:.2} |",
            way.title,
            count(ours.one, raw.one),
            count(ours.thousand, raw.thousand),
            count(ours.many, raw.many),
            count(ours.two_workers, raw.two_workers).replace("≈ ", ""),
            ours.wall,
            ours.wall_two,
            ours.contended,
        )
        .expect("a String");
    }
    text
}

/// What a service asks of its scopes. Counts alone, so that a machine with other work will do.
pub fn write_service(benchmarks: &str) {
    let ways: Vec<&Way> = ways::service().collect();
    let counts = count::at_once(&ways, |way| {
        (
            [1, 1_000].map(|batch| count::instructions(way, batch, Runtime::CurrentThread)),
            count::allocations(way, 1_000)[0],
        )
    });
    let mut text = String::from(
        "| | the same by hand | one at a time | batches of 1,000 | aim | allocations |\n|---|---|---|---|---|---|\n",
    );
    for (way, (ours, ours_allocated)) in ways.iter().zip(&counts) {
        let Some((name, aim)) = way.by_hand else {
            continue;
        };
        let index = ways.iter().position(|way| way.name == name);
        let index = index.expect("what it is compared with is a way too");
        let (theirs, theirs_allocated) = &counts[index];
        writeln!(
            text,
            "| {} | {} | {:.2} | {:.2} | {aim:.2} | {ours_allocated:.0} : {theirs_allocated:.0} |",
            way.title,
            ways[index].title,
            ours[0] / theirs[0],
            ours[1] / theirs[1],
        )
        .expect("a String");
    }
    splice(benchmarks, "service", &text);
}

/// Eight tasks that spawn at the same place. In a run of its own: what other ways leave in the allocator
/// is shared as well.
pub fn write_contended(benchmarks: &str) {
    let rows = [
        ("raw", ""),
        ("background", ""),
        ("scope", "0.90"),
        ("tracker", ""),
        ("tracker-token", ""),
    ];
    let ways = rows.map(|(name, _)| ways::find(name));
    let times = wall::ratios(&ways, 1_000, Runtime::TwoWorkers, 8);
    let mut text = String::from("| | tasks per second | aim |\n|---|---|---|\n");
    for ((way, time), (_, aim)) in ways.iter().zip(times).zip(rows) {
        writeln!(text, "| {} | {:.2} | {aim} |", way.title, 1.0 / time).expect("a String");
    }
    splice(benchmarks, "contended", &text);
}

fn about(way: &Way) -> &'static str {
    match way.steady {
        Steady::Exact => "",
        Steady::SecondThread => "≈ ",
    }
}

fn parked() -> String {
    let mut text = String::from("| | bytes asked for | bytes resident, glibc |\n|---|---|---|\n");
    for parked in PARKED {
        let allocated = memory::allocated_bytes(parked);
        let resident = memory::resident_bytes(parked, PARKED_TASKS);
        writeln!(
            text,
            "| {} | {allocated:.0} | {resident:.0} |",
            parked.title
        )
        .expect("a String");
    }
    text
}

/// Puts standard input between the markers.
pub fn splice_input(file: &str, name: &str) {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("a text");
    splice(file, name, &text);
}

fn splice(file: &str, name: &str, text: &str) {
    let whole = fs::read_to_string(file).expect("the page can be read");
    let (begin, end) = (format!("<!-- measured: {name} -->\n"), "<!-- end -->");
    let (before, rest) = whole
        .split_once(&begin)
        .unwrap_or_else(|| panic!("{file} has no {begin}"));
    let (_, after) = rest
        .split_once(end)
        .unwrap_or_else(|| panic!("{file} has no {end} after {begin}"));
    fs::write(file, format!("{before}{begin}{text}{end}{after}")).expect("the page can be written");
}
