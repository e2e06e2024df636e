//! What a task costs that waits.

use std::{env, fs, future::pending, process::Command, time::Duration};

use spawn_runtime::{CancellationToken, background};
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

use crate::{count, load::Runtime, ways::SCOPE};

pub struct Parked {
    pub name: &'static str,
    pub title: &'static str,
    start: fn(&mut Places),
}

#[derive(Default)]
struct Places {
    tracker: TaskTracker,
    set: JoinSet<()>,
    token: CancellationToken,
    handles: Vec<CancellationToken>,
}

#[background(detach)]
async fn plain() {
    pending().await
}

#[background]
async fn cancel(#[cancel] token: CancellationToken) {
    token.cancelled().await
}

#[background(detach, on = *SCOPE)]
async fn scope() {
    pending().await
}

#[background(detach, timeout = "1d")]
async fn timeout() {
    pending().await
}

pub const PARKED: &[Parked] = &[
    Parked {
        name: "raw",
        title: "`tokio::spawn`",
        start: |_| drop(tokio::spawn(pending::<()>())),
    },
    Parked {
        name: "background",
        title: "`#[background]`",
        start: |_| plain(),
    },
    Parked {
        name: "join-set",
        title: "`JoinSet`",
        start: |places| drop(places.set.spawn(pending())),
    },
    Parked {
        name: "tracker",
        title: "`TaskTracker`",
        start: |places| drop(places.tracker.spawn(pending::<()>())),
    },
    Parked {
        name: "scope",
        title: "`#[background(on = scope)]`",
        start: |_| scope(),
    },
    Parked {
        name: "raw-token",
        title: "`tokio::spawn` + a `CancellationToken`, waited for",
        start: |places| {
            let token = CancellationToken::new();
            places.handles.push(token.clone());
            tokio::spawn(async move { token.cancelled().await });
        },
    },
    Parked {
        name: "cancel",
        title: "`#[background]`, `#[cancel]`, waited for",
        // A handle that lets go of its token would end the comparison with the one above.
        start: |_| std::mem::forget(cancel()),
    },
    Parked {
        name: "tracker-token",
        title: "`TaskTracker` + child token + `run_until_cancelled`",
        start: |places| {
            let token = places.token.child_token();
            places
                .tracker
                .spawn(async move { token.run_until_cancelled(pending::<()>()).await });
        },
    },
    Parked {
        name: "raw-timeout",
        title: "`tokio::spawn(timeout(…))`",
        start: |_| {
            let day = Duration::from_secs(24 * 60 * 60);
            drop(tokio::spawn(tokio::time::timeout(day, pending::<()>())));
        },
    },
    Parked {
        name: "timeout",
        title: "`#[background(timeout)]`",
        start: |_| timeout(),
    },
];

/// Prints how many bytes the process grew by for each of `tasks`.
pub fn park(name: &str, tasks: usize) {
    let parked = PARKED.iter().find(|parked| parked.name == name);
    let parked = parked.unwrap_or_else(|| panic!("nothing to park is called `{name}`"));
    Runtime::CurrentThread.build().block_on(async {
        let mut places = Places::default();
        places.handles.reserve(tasks);
        let before = resident();
        for task in 0..tasks {
            (parked.start)(&mut places);
            // So that the run queue does not grow, whose memory is not the task's. When this one has had its
            // turn, all before it were polled once.
            if task % 1_000 == 999 {
                tokio::spawn(async {}).await.expect("an empty task");
            }
        }
        println!("{:.0}", (resident() - before) / tasks as f64);
        // Nothing is gained by taking a million tasks down.
        std::process::exit(0);
    });
}

/// [`park`], in a process of its own.
pub fn resident_bytes(parked: &Parked, tasks: usize) -> f64 {
    let output = Command::new(env::current_exe().expect("its own path"))
        .args(["park", parked.name, &tasks.to_string()])
        .output()
        .expect("it can start itself");
    let printed = String::from_utf8_lossy(&output.stdout);
    printed.trim().parse().expect("a number of bytes")
}

/// What a parked task asks of the allocator, whichever that is.
pub fn allocated_bytes(parked: &Parked) -> f64 {
    let at_most = |tasks: usize| {
        let arguments = ["park", parked.name, &tasks.to_string()].map(str::to_owned);
        let words = count::valgrind(&["--tool=dhat", "--dhat-out-file=/dev/null"], &arguments);
        count::after(&words, "At t-end:")
    };
    (at_most(20_000) - at_most(10_000)) / 10_000.0
}

fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.expect("the kernel's own format") * 1024.0
}
