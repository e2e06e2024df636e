//! No failure is silent. One that no caller received is reported exactly once, and one that a caller received never.

use std::{
    fmt,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use spawn_runtime::{TaskScope, background, spawn, spawn_named, spawn_result};

use crate::support::{Failures, PanicsOnDrop, settle};

#[tokio::test]
async fn a_panic_is_reported_once_whether_the_handle_is_dropped_before_or_after_the_end() {
    let failures = Failures::listen();
    #[background]
    async fn panics_alone() {
        panic!("unheard")
    }
    let handle = panics_alone();
    let (id, line) = (handle.id(), line!() - 1);
    drop(handle);
    settle().await;
    let after = panics_alone();
    settle().await;
    assert_eq!(failures.of("panics_alone").len(), 1);
    drop(after);
    panics_alone().detach();
    settle().await;

    let told = failures.of("panics_alone");
    assert_eq!(told.len(), 3);
    assert_eq!(told[0].id, Some(id));
    assert_eq!(told[0].line, line);
    assert_eq!(told[0].panic_message.as_deref(), Some("unheard"));
    assert!(
        told[0]
            .text
            .starts_with("task `panics_alone` panicked: unheard (spawned at ")
    );
    assert!(told[0].text.contains(file!()));
}

#[tokio::test]
async fn an_err_is_reported_once_whether_the_handle_is_dropped_before_or_after_the_end() {
    let failures = Failures::listen();
    #[background]
    async fn errs_alone() -> Result<(), String> {
        Err("disk full".to_owned())
    }
    drop(errs_alone());
    settle().await;
    let after = errs_alone();
    settle().await;
    drop(after);
    let told = failures.of("errs_alone");
    assert_eq!(told.len(), 2);
    assert!(
        told[0]
            .text
            .starts_with("task `errs_alone` failed: disk full (spawned at ")
    );
    assert_eq!(told[0].panic_message, None);
}

#[tokio::test]
async fn what_a_caller_received_is_never_reported() {
    let failures = Failures::listen();
    #[background]
    async fn received(panics: bool) -> Result<(), String> {
        assert!(!panics, "received");
        Err("received".to_owned())
    }
    received(true).await.unwrap_err();
    received(false).await.unwrap().unwrap_err();
    drop(received(true).await);
    drop(received(false).await);
    let mut polled = received(false);
    settle().await;
    drop((&mut polled).await);
    drop(polled);
    settle().await;
    assert_eq!(failures.texts_of("received"), [""; 0]);
}

#[tokio::test]
async fn success_and_cancellation_are_no_failures() {
    let failures = Failures::listen();
    #[background]
    async fn fine(wait: bool) -> Result<(), String> {
        if wait {
            pending::<()>().await;
        }
        Ok(())
    }
    drop(fine(false));
    let cancelled = fine(true);
    settle().await;
    cancelled.abort();
    drop(cancelled);
    drop(fine(true).abort_on_drop());
    settle().await;
    assert_eq!(failures.texts_of("fine"), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_no_caller_received_is_reported() {
    let failures = Failures::listen();
    #[background(timeout = "2s")]
    async fn too_slow() {
        pending().await
    }
    drop(too_slow());
    too_slow().await.unwrap_err();
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let texts = failures.texts_of("too_slow");
    assert_eq!(texts.len(), 1);
    assert!(texts[0].starts_with("task `too_slow` timed out after 2s (spawned at "));
}

type Aliased<T> = Result<T, ByDebug>;

#[derive(Debug)]
struct ByDebug;

struct ByName;

struct ByDisplay;

impl fmt::Display for ByDisplay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("shown by Display")
    }
}

#[tokio::test]
async fn an_err_is_seen_by_type_and_reported_as_well_as_it_can_be() {
    let failures = Failures::listen();
    #[background]
    async fn by_display() -> Result<(), ByDisplay> {
        Err(ByDisplay)
    }
    #[background]
    async fn by_debug() -> Aliased<u8> {
        Err(ByDebug)
    }
    #[background]
    async fn by_name() -> Result<u8, ByName> {
        Err(ByName)
    }
    #[background]
    async fn io_alias() -> std::io::Result<()> {
        Err(std::io::Error::other("an alias too"))
    }
    #[background]
    async fn nested_impl() -> Result<impl Send + use<>, ByDisplay> {
        if true { Err(ByDisplay) } else { Ok(7) }
    }
    #[background]
    async fn deeper_impl() -> Result<Vec<(impl Send + use<>, u8)>, ByDisplay> {
        if true {
            Err(ByDisplay)
        } else {
            Ok(vec![(7, 7)])
        }
    }
    #[background]
    async fn impl_error() -> Result<u8, Box<impl fmt::Debug + Send + use<>>> {
        Err(Box::new(ByDebug))
    }
    drop(deeper_impl());
    drop(impl_error());
    drop(by_display());
    drop(by_debug());
    drop(by_name());
    drop(io_alias());
    drop(nested_impl());
    settle().await;
    for (name, text) in [
        ("by_display", "failed: shown by Display (spawned"),
        ("by_debug", "failed: ByDebug (spawned"),
        ("by_name", "ByName (spawned"),
        ("io_alias", "failed: an alias too (spawned"),
        ("nested_impl", "failed: shown by Display (spawned"),
        ("deeper_impl", "failed: shown by Display (spawned"),
        ("impl_error", "failed: ByDebug (spawned"),
    ] {
        let texts = failures.texts_of(name);
        assert_eq!(texts.len(), 1, "{name}");
        assert!(texts[0].contains(text), "{}", texts[0]);
    }
}

#[tokio::test]
async fn generic_functions_report_what_their_bounds_allow() {
    let failures = Failures::listen();
    #[background]
    async fn generic_display<E: fmt::Display + Send + 'static>(error: E) -> Result<(), E> {
        Err(error)
    }
    #[background]
    async fn generic_debug<E: fmt::Debug + Send + 'static>(error: E) -> Result<(), E> {
        Err(error)
    }
    #[background]
    async fn generic_bare<E: Send + 'static>(error: E) -> Result<(), E> {
        Err(error)
    }
    #[background]
    async fn generic_value<T: Send + 'static>(value: T, panics: bool) -> T {
        assert!(!panics, "generic");
        value
    }
    drop(generic_display(ByDisplay));
    drop(generic_debug(ByDebug));
    drop(generic_bare(ByDisplay));
    drop(generic_value(Err::<(), _>(ByDebug), false));
    drop(generic_value((), true));
    settle().await;
    assert!(failures.texts_of("generic_display")[0].contains("failed: shown by Display"));
    assert!(failures.texts_of("generic_debug")[0].contains("failed: ByDebug"));
    assert!(failures.texts_of("generic_bare")[0].contains("ByDisplay"));
    let panics_only = failures.texts_of("generic_value");
    assert_eq!(panics_only.len(), 1);
    assert!(panics_only[0].contains("panicked: generic"));
}

#[tokio::test]
async fn blocking_functions_report_too() {
    let failures = Failures::listen();
    #[background(blocking)]
    fn blocking_err() -> Result<(), ByDisplay> {
        Err(ByDisplay)
    }
    #[background(blocking)]
    fn blocking_panic() {
        panic!("on a thread")
    }
    #[background(blocking, limit = 1)]
    fn limited_err() -> Result<(), ByDisplay> {
        Err(ByDisplay)
    }
    let limited = limited_err();
    let (id, line) = (limited.id(), line!() - 1);
    drop((blocking_err(), blocking_panic(), limited));
    while failures.texts_of("limited_err").is_empty()
        || failures.texts_of("blocking_err").is_empty()
        || failures.texts_of("blocking_panic").is_empty()
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(failures.texts_of("blocking_err").len(), 1);
    assert!(failures.texts_of("blocking_panic")[0].contains("panicked: on a thread"));
    assert_eq!(failures.of("limited_err").len(), 1);
    assert_eq!(
        failures.of("limited_err")[0].id,
        Some(id),
        "the id that the caller knew"
    );
    assert_eq!(failures.of("limited_err")[0].line, line);
}

#[tokio::test]
async fn ad_hoc_tasks_report_panics_and_spawn_result_errors_too() {
    let failures = Failures::listen();
    spawn_named("ad hoc panic", async { panic!("ad hoc") }).detach();
    spawn_named("ad hoc err", async { Err::<(), _>("not told") }).detach();
    spawn_result(async { Err::<(), _>("told") }).detach();
    spawn(async {
        let _guard = PanicsOnDrop;
    })
    .detach();
    settle().await;
    assert_eq!(failures.texts_of("ad hoc panic").len(), 1);
    assert_eq!(failures.texts_of("ad hoc err").len(), 0);
    let own = "ad_hoc_tasks_report_panics_and_spawn_result_errors_too";
    let own = failures.texts_of(own);
    assert_eq!(
        own.len(),
        2,
        "named after the function around them: {own:?}"
    );
    assert!(own[0].contains("failed: told (spawned"));
    assert!(own[1].contains("panicked: in a destructor"));
}

#[tokio::test]
async fn a_panic_in_a_destructor_is_reported_once_also_during_an_abort() {
    let failures = Failures::listen();
    #[background]
    async fn bad_destructor(_argument: PanicsOnDrop) {
        pending().await
    }
    // Before its first poll, and while suspended.
    let never_polled = bad_destructor(PanicsOnDrop);
    never_polled.abort();
    drop(never_polled);
    let suspended = bad_destructor(PanicsOnDrop);
    settle().await;
    suspended.abort();
    drop(suspended);
    let received = bad_destructor(PanicsOnDrop);
    received.abort();
    assert!(received.await.unwrap_err().is_panic());
    settle().await;
    let texts = failures.texts_of("bad_destructor");
    assert_eq!(texts.len(), 2);
    assert!(
        texts
            .iter()
            .all(|text| text.contains("panicked: in a destructor"))
    );
}

#[tokio::test]
async fn an_error_whose_formatting_panics_is_still_reported() {
    struct BadDisplay;
    impl fmt::Display for BadDisplay {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("cannot be shown")
        }
    }
    let failures = Failures::listen();
    #[background]
    async fn bad_display() -> Result<(), BadDisplay> {
        Err(BadDisplay)
    }
    struct WorseDisplay;
    impl fmt::Display for WorseDisplay {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            std::panic::panic_any(PanicsOnDrop)
        }
    }
    #[background]
    async fn worse_display() -> Result<(), WorseDisplay> {
        Err(WorseDisplay)
    }
    drop(bad_display());
    drop(worse_display());
    settle().await;
    for name in ["bad_display", "worse_display"] {
        let texts = failures.texts_of(name);
        assert_eq!(texts.len(), 1, "{name}");
        let text = "failed: an error whose formatting panicked (spawned at ";
        assert!(texts[0].contains(text), "{texts:?}");
    }
}

#[tokio::test]
async fn a_hook_that_panics_takes_nothing_down() {
    let failures = Failures::listen();
    #[background]
    async fn makes_the_hook_panic() {
        panic!("first")
    }
    drop(makes_the_hook_panic());
    settle().await;
    let after = makes_the_hook_panic();
    settle().await;
    drop(after);
    assert_eq!(failures.texts_of("makes_the_hook_panic").len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_dropped_handles_are_a_thousand_reports() {
    let failures = Failures::listen();
    #[background]
    async fn one_of_a_thousand(number: usize) -> Result<(), String> {
        if number % 3 == 0 {
            tokio::task::yield_now().await;
        }
        if number % 2 == 0 {
            panic!("{number}")
        }
        Err(number.to_string())
    }
    let mut received = 0;
    for number in 0..1_500 {
        let handle = one_of_a_thousand(number);
        match number % 5 {
            0 | 1 => {
                let _ = handle.await;
                received += 1;
            }
            2 => drop(handle),
            3 => {
                tokio::task::yield_now().await;
                drop(handle);
            }
            _ => handle.detach(),
        }
    }
    let unheard = 1_500 - received;
    while failures.of("one_of_a_thousand").len() < unheard {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let told = failures.of("one_of_a_thousand");
    assert_eq!(told.len(), unheard);
    let mut ids: Vec<_> = told.iter().map(|told| told.id).collect();
    ids.sort_by_key(|id| id.map(|id| id.to_string()));
    ids.dedup();
    assert_eq!(ids.len(), unheard, "each told once");
}

#[test]
fn a_task_lost_with_its_runtime_is_reported_if_it_had_failed() {
    let failures = Failures::listen();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    #[background]
    async fn failed_before_shutdown() -> Result<(), String> {
        Err("too late".to_owned())
    }
    let handle = runtime.block_on(async {
        let handle = Some(failed_before_shutdown());
        settle().await;
        handle
    });
    drop(runtime);
    assert_eq!(
        failures.texts_of("failed_before_shutdown").len(),
        0,
        "the handle may still be awaited"
    );
    drop(handle);
    assert_eq!(failures.texts_of("failed_before_shutdown").len(), 1);
}

#[tokio::test]
async fn a_detached_task_reports_before_it_leaves_its_scope() {
    #[background(detach, on = scope)]
    async fn detached_fails(scope: &TaskScope, n: u32) -> Result<(), String> {
        Err(format!("{n} left"))
    }
    #[background(detach, on = scope, blocking, label = n)]
    fn detached_panics(scope: &TaskScope, n: u32) {
        panic!("{n} left")
    }
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = heard.clone();
    let scope = TaskScope::builder()
        .on_failure(move |failure| hears.lock().unwrap().push(failure.name()))
        .build();
    detached_fails(&scope, 2);
    scope.wait().await;
    assert_eq!(*heard.lock().unwrap(), ["detached_fails"]);
    detached_panics(&scope, 2);
    scope.wait().await;
    assert_eq!(
        *heard.lock().unwrap(),
        ["detached_fails", "detached_panics"]
    );
}

#[tokio::test]
async fn a_detached_task_that_returns_ok_has_not_failed() {
    #[background(detach, on = scope)]
    async fn detached_ok(scope: &TaskScope) -> Result<u8, String> {
        Ok(7)
    }
    #[background(detach, on = scope)]
    async fn detached_unit(scope: &TaskScope) {}

    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = heard.clone();
    let scope = TaskScope::builder()
        .on_failure(move |failure| hears.lock().unwrap().push(failure.to_string()))
        .build();
    detached_ok(&scope);
    detached_unit(&scope);
    scope.wait().await;
    let report = scope.shutdown(std::time::Duration::ZERO).await;
    assert_eq!((report.finished, report.failed), (2, 0), "{report}");
    assert!(heard.lock().unwrap().is_empty(), "{heard:?}");
}

#[tokio::test]
async fn an_err_is_formatted_for_its_report_alone() {
    static FORMATTED: AtomicUsize = AtomicUsize::new(0);
    #[derive(Debug)]
    struct Counts;
    impl fmt::Display for Counts {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            FORMATTED.fetch_add(1, SeqCst);
            formatter.write_str("formatted")
        }
    }
    let failures = Failures::listen();
    #[background]
    async fn formatted_once() -> Result<(), Counts> {
        Err(Counts)
    }
    formatted_once().await.unwrap().unwrap_err();
    assert_eq!(FORMATTED.load(SeqCst), 0, "it was received");
    drop(formatted_once());
    settle().await;
    assert_eq!(failures.of("formatted_once").len(), 1);
    assert_eq!(FORMATTED.load(SeqCst), 1);
}
