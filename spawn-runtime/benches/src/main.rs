//! Counts and times what it costs to start tasks and wait for them, each way beside the others.
//!
//! `ci/bench.sh` and `ci/instruction-guard.sh` call it; by hand, `benchmarks count background 1000`.

mod count;
mod guard;
mod load;
mod memory;
mod table;
mod wall;
mod ways;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use std::process::ExitCode;

use load::{Load, Runtime};

const USAGE: &str = "\
usage: benchmarks run WAY BATCH ROUNDS [current|two]   do the work, e.g. under callgrind
       benchmarks count WAY BATCH [current|two]        instructions per task, by callgrind
       benchmarks wall STARTERS WAY...                 wall time on two workers, ratios to `tokio::spawn`
       benchmarks park WAY TASKS                       bytes per parked task
       benchmarks guard BASELINE                       fail when a ratio is worse than in the file
       benchmarks accept BASELINE                      write the file
       benchmarks table BENCHMARKS                     measure all, and write the tables
       benchmarks service BENCHMARKS                   count what a service asks of its scopes, and write that table
       benchmarks contended BENCHMARKS                 measure eight tasks that spawn at once, and write that table
       benchmarks splice PAGE NAME                     put standard input between a page's markers";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["run", way, batch, rounds, ref rest @ ..] => {
            let load = Load {
                batch: number(batch),
                rounds: number(rounds),
            };
            load::run(ways::find(way), load, runtime(rest));
        }
        ["count", way, batch, ref rest @ ..] => {
            let counted = count::instructions(ways::find(way), number(batch), runtime(rest));
            println!("{counted:.1}");
        }
        ["wall", starters, ref names @ ..] => {
            let ways: Vec<_> = [ways::raw()]
                .into_iter()
                .chain(names.iter().map(|name| ways::find(name)))
                .collect();
            let ratios = wall::ratios(&ways, 1_000, Runtime::TwoWorkers, number(starters));
            for (way, ratio) in ways.iter().zip(ratios) {
                println!("{ratio:.2} {}", way.name);
            }
        }
        ["park", way, tasks] => memory::park(way, number(tasks)),
        ["guard", baseline] => return guard::check(baseline),
        ["accept", baseline] => guard::accept(baseline),
        ["table", benchmarks] => table::write(benchmarks),
        ["service", benchmarks] => table::write_service(benchmarks),
        ["contended", benchmarks] => table::write_contended(benchmarks),
        ["splice", page, name] => table::splice_input(page, name),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn number(word: &str) -> usize {
    word.replace('_', "").parse().expect("a number")
}

fn runtime(rest: &[&str]) -> Runtime {
    match rest.first() {
        None | Some(&"current") => Runtime::CurrentThread,
        Some(&"two") => Runtime::TwoWorkers,
        Some(other) => panic!("no runtime `{other}`: current or two"),
    }
}
