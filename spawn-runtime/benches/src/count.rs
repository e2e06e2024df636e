//! Exact counts, by valgrind.

use std::{
    env,
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use crate::{load::Runtime, ways::Way};

/// Between two counts lie only rounds, so that what happens once (start, warm-up, end) drops out. A scope
/// knows after two how many tasks it has to reckon with.
fn rounds(batch: usize) -> (usize, usize) {
    match batch {
        1 => (1_000, 5_000),
        100_000.. => (2, 4),
        _ => (2, 6),
    }
}

/// Instructions from the start of one task until its end was received.
pub fn instructions(way: &Way, batch: usize, runtime: Runtime) -> f64 {
    let options = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
    per_task(batch, |rounds| {
        let words = valgrind(&options, &work(way, batch, rounds, runtime));
        [after(&words, "Collected : ")]
    })[0]
}

/// Allocations and their bytes.
pub fn allocations(way: &Way, batch: usize) -> [f64; 2] {
    let options = ["--tool=dhat", "--dhat-out-file=/dev/null"];
    per_task(batch, |rounds| {
        let words = valgrind(&options, &work(way, batch, rounds, Runtime::CurrentThread));
        [after(&words, " bytes in "), after(&words, "Total:")]
    })
}

fn work(way: &Way, batch: usize, rounds: usize, runtime: Runtime) -> [String; 5] {
    let (batch, rounds) = (batch.to_string(), rounds.to_string());
    ["run", way.name, &batch, &rounds, runtime.word()].map(str::to_owned)
}

fn per_task<const N: usize>(batch: usize, measure: impl Fn(usize) -> [f64; N]) -> [f64; N] {
    let (few, many) = rounds(batch);
    let (before, after) = (measure(few), measure(many));
    let tasks = (batch * (many - few)) as f64;
    std::array::from_fn(|index| (after[index] - before[index]) / tasks)
}

/// What valgrind says of this program with `arguments`.
pub fn valgrind(options: &[&str], arguments: &[String]) -> String {
    let output = Command::new("valgrind")
        .args(options)
        .arg(env::current_exe().expect("its own path"))
        .args(arguments)
        .output()
        .expect("valgrind is installed");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}");
    words
}

/// The number that stands after `label`.
pub fn after(words: &str, label: &str) -> f64 {
    let (_, rest) = words
        .split_once(label)
        .unwrap_or_else(|| panic!("valgrind did not say `{label}`:\n{words}"));
    let digits: String = rest
        .trim_start()
        .chars()
        .take_while(|character| character.is_ascii_digit() || *character == ',')
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().expect("a count")
}

/// Counts for each of `items` on both cores: other processes do not change a count.
pub fn at_once<I: Sync, O: Send + Sync>(items: &[I], count: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let next = AtomicUsize::new(0);
    let counted: Vec<OnceLock<O>> = items.iter().map(|_| OnceLock::new()).collect();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(index) =
                    Some(next.fetch_add(1, Relaxed)).filter(|index| *index < items.len())
                {
                    let _ = counted[index].set(count(&items[index]));
                }
            });
        }
    });
    counted
        .into_iter()
        .map(|counted| counted.into_inner().expect("each was counted"))
        .collect()
}
