//! Signals. Each case is a process of its own: this test binary, run again.

use std::{
    future::pending,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use spawn_runtime::{CancellationToken, TaskScope, background};

use crate::support::this_test_binary;

const CASE: &str = "SPAWN_SIGNAL_CASE";

#[background(on = scope)]
async fn polite(scope: TaskScope, #[cancel] token: CancellationToken) {
    token.cancelled().await;
}

/// In the child process: a server that ends on a signal, and says how.
#[test]
fn server_of_the_signal_tests() {
    let Ok(case) = std::env::var(CASE) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        if case == "alone" {
            return wait_for_a_signal().await;
        }
        let scope = TaskScope::new();
        polite(scope.clone()).detach();
        if case.ends_with("deaf") {
            scope.spawn_named("deaf", pending::<()>()).detach();
        }
        if case == "stuck deaf" {
            let (begun, has_begun) = tokio::sync::oneshot::channel();
            let stuck = scope.spawn_blocking(move || {
                begun.send(()).unwrap();
                std::thread::sleep(Duration::from_secs(3_600));
            });
            stuck.detach();
            has_begun.await.unwrap();
        }
        let grace = Duration::from_secs(if case.ends_with("deaf") { 3_600 } else { 30 });
        if case.starts_with("run") {
            return run_main(&scope, &case, grace).await;
        }
        let mut shutdown = std::pin::pin!(scope.shutdown_on_signal(grace));
        // The first poll installs the handlers.
        let polled = shutdown
            .as_mut()
            .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        assert!(polled.is_pending());
        println!("ready");
        if case == "stuck deaf" {
            let elsewhere = scope.shutdown(grace);
            let begun = async { println!("ready to be ended") };
            let (elsewhere, report, ()) = tokio::join!(elsewhere, shutdown, begun);
            for report in [elsewhere, report] {
                println!("report {}", report.to_string().replace('\n', " | "));
            }
            std::process::exit(42);
        }
        if case == "elsewhere" {
            let report = scope.shutdown(grace).await;
            println!("report {}", report.to_string().replace('\n', " | "));
        }
        let report = shutdown.await;
        println!("report {}", report.to_string().replace('\n', " | "));
        std::process::exit(if report.is_clean() { 40 } else { 41 });
    });
}

async fn run_main(scope: &TaskScope, case: &str, grace: Duration) {
    let token = scope.token();
    let main = async {
        println!("ready");
        token.cancelled().await;
        if case.ends_with("deaf") {
            println!("ready to be dropped");
            pending::<()>().await;
        }
        "ended"
    };
    let (output, report) = scope.run(main, grace).await;
    let report_line = report.to_string().replace('\n', " | ");
    println!("report {output:?} {report_line}");
    std::process::exit(if report.is_clean() { 40 } else { 41 });
}

async fn wait_for_a_signal() {
    let mut signal = std::pin::pin!(spawn_runtime::shutdown_signal());
    let polled = signal
        .as_mut()
        .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    assert!(polled.is_pending());
    println!("ready");
    signal.await;
    println!("report a signal");
    std::process::exit(42);
}

fn server(case: &str) -> (Child, impl FnMut() -> String) {
    let mut child = this_test_binary("faults::signals::server_of_the_signal_tests")
        .env(CASE, case)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = move || {
        lines
            .find_map(|line| {
                let line = line.unwrap();
                let from = line.find("ready").or(line.find("report"))?;
                Some(line[from..].to_owned())
            })
            .expect("it says something")
    };
    assert_eq!(next(), "ready");
    (child, next)
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn each_signal_ends_the_scope_gracefully() {
    for name in ["INT", "TERM"] {
        let (mut child, mut next) = server("polite");
        signal(&child, name);
        assert!(next().contains("1 finished"));
        assert_eq!(child.wait().unwrap().code(), Some(40));
    }
}

#[test]
fn each_signal_is_one_to_shut_down_at() {
    for name in ["INT", "TERM"] {
        let (mut child, mut next) = server("alone");
        signal(&child, name);
        assert_eq!(next(), "report a signal");
        assert_eq!(child.wait().unwrap().code(), Some(42));
    }
}

#[test]
fn each_signal_lets_main_end_and_a_second_one_drops_it() {
    for name in ["INT", "TERM"] {
        let (mut child, mut next) = server("run");
        signal(&child, name);
        let report = next();
        assert!(report.starts_with("report Some(\"ended\") "), "{report}");
        assert!(report.contains("1 finished"), "{report}");
        assert_eq!(child.wait().unwrap().code(), Some(40));

        let (mut child, mut next) = server("run deaf");
        signal(&child, name);
        assert_eq!(next(), "ready to be dropped");
        signal(&child, name);
        let report = next();
        assert!(report.starts_with("report None "), "{report}");
        assert!(report.contains("main did not end"), "{report}");
        assert!(report.contains("aborted: `deaf`"), "{report}");
        assert_eq!(child.wait().unwrap().code(), Some(41));
    }
}

#[test]
fn a_second_signal_aborts_at_once() {
    for names in [["INT", "INT"], ["TERM", "INT"], ["TERM", "TERM"]] {
        let (mut child, mut next) = server("deaf");
        let begun = Instant::now();
        signal(&child, names[0]);
        // Two of a kind that come too soon are one.
        std::thread::sleep(Duration::from_millis(300));
        assert!(child.try_wait().unwrap().is_none(), "the grace is an hour");
        signal(&child, names[1]);
        let report = next();
        assert!(report.contains("aborted: `deaf`"), "{report}");
        assert_eq!(child.wait().unwrap().code(), Some(41));
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
}

#[test]
fn without_a_signal_it_joins_a_shutdown_from_elsewhere() {
    let (mut child, mut next) = server("elsewhere");
    let reports = [next(), next()];
    assert_eq!(reports[0], reports[1]);
    assert_eq!(child.wait().unwrap().code(), Some(40));
}

#[test]
fn a_signal_that_ends_the_grace_ends_it_for_all_that_wait() {
    let (mut child, mut next) = server("stuck deaf");
    let begun = Instant::now();
    assert_eq!(next(), "ready to be ended");
    signal(&child, "TERM");
    let reports = [next(), next()];
    assert_eq!(reports[0], reports[1]);
    assert!(reports[0].contains("1 STILL RUNNING"), "{}", reports[0]);
    assert_eq!(child.wait().unwrap().code(), Some(42));
    assert!(begun.elapsed() < Duration::from_secs(60));
}
