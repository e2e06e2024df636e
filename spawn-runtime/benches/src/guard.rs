//! Fails when a function of this crate got slower, next to raw tokio in the same run.
//!
//! Ratios and not counts: another glibc or tokio shifts both sides alike.

use std::{fmt::Write as _, fs, process::ExitCode};

use crate::{
    count,
    load::Runtime,
    ways::{self, Steady, Way},
};

/// What a ratio may grow by.
const SLACK: f64 = 1.03;

struct Row {
    way: &'static Way,
    batch: usize,
    ratio: f64,
}

pub fn check(baseline: &str) -> ExitCode {
    let accepted = fs::read_to_string(baseline).expect("the baseline can be read");
    let mut worse = 0;
    let rows = measure();
    println!("{:>20} {:>6} {:>9} {:>9}", "", "batch", "accepted", "now");
    for row in &rows {
        let Some(before) = accepted_ratio(&accepted, row) else {
            println!("{} is not in {baseline}", row.way.name);
            worse += 1;
            continue;
        };
        let verdict = match row.ratio / before {
            change if change > SLACK => {
                worse += 1;
                "  slower"
            }
            change if change < 1.0 / SLACK => "  faster: accept it, so that it stays",
            _ => "",
        };
        let (name, batch, now) = (row.way.name, row.batch, row.ratio);
        println!("{name:>20} {batch:>6} {before:>9.3} {now:>9.3}{verdict}");
    }
    println!("{} passed, {worse} failed", rows.len() - worse);
    if worse > 0 {
        println!(
            "Instructions per task, in relation to `tokio::spawn`, grew by more than 3 %.\n\
             Find out where with `valgrind --tool=callgrind`; if it is worth it: ci/instruction-guard.sh --accept"
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

pub fn accept(baseline: &str) {
    let mut text = String::from(
        "# Instructions per task in relation to `tokio::spawn`: way, tasks per batch, ratio.\n\
         # Written by ci/instruction-guard.sh --accept, read by ci/instruction-guard.sh.\n",
    );
    for row in measure() {
        writeln!(text, "{} {} {:.3}", row.way.name, row.batch, row.ratio).expect("a String");
    }
    fs::write(baseline, text).expect("the baseline can be written");
}

fn accepted_ratio(accepted: &str, row: &Row) -> Option<f64> {
    let start = format!("{} {} ", row.way.name, row.batch);
    accepted
        .lines()
        .find_map(|line| line.strip_prefix(&start)?.parse().ok())
}

fn measure() -> Vec<Row> {
    let ours = || ways::all().filter(|way| way.by_hand.is_some() && way.steady == Steady::Exact);
    let mut wanted = Vec::new();
    for batch in [1, 1_000] {
        wanted.push((ways::raw(), batch));
        wanted.extend(ours().map(|way| (way, batch)));
    }
    let counted = count::at_once(&wanted, |(way, batch)| {
        count::instructions(way, *batch, Runtime::CurrentThread)
    });
    let mut raw = 0.0;
    let mut rows = Vec::new();
    for ((way, batch), count) in wanted.into_iter().zip(counted) {
        if way.name == ways::raw().name {
            raw = count;
        } else {
            rows.push(Row {
                way,
                batch,
                ratio: count / raw,
            });
        }
    }
    rows
}
