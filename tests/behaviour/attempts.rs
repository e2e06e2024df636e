//! `attempts = …`, `backoff = …` and `retry_if = …`. On paused time.

use std::{
    fmt::Display,
    future::pending,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use spawn_runtime::{
    AbortOnDrop, Backoff, CancellationToken, TaskErrorKind, TaskFailureKind, TaskGuard, TaskScope,
    background,
};
use tokio::{
    sync::mpsc,
    task::LocalSet,
    time::{Instant, sleep},
};

use crate::support::{Drops, Failures, Log, PanicsOnDrop, Witness, settle};

const SECOND: Duration = Duration::from_secs(1);

/// Counts the attempts.
#[derive(Clone, Default)]
struct Tries(Arc<AtomicU32>);

impl Tries {
    fn next(&self) -> u32 {
        self.0.fetch_add(1, SeqCst) + 1
    }

    fn count(&self) -> u32 {
        self.0.load(SeqCst)
    }
}

/// Fails until the attempt `good`.
#[background(attempts = 3)]
async fn fetch(tries: Tries, good: u32) -> Result<u32, String> {
    match tries.next() {
        number if number >= good => Ok(number),
        number => Err(format!("attempt {number}")),
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_that_succeeds_is_the_last() {
    for good in 1..=3 {
        let tries = Tries::default();
        assert_eq!(fetch(tries.clone(), good).await.unwrap(), Ok(good));
        assert_eq!(tries.count(), good);
    }
}

#[tokio::test(start_paused = true)]
async fn there_are_so_many_in_all_and_the_result_is_that_of_the_last() {
    let tries = Tries::default();
    let value = fetch(tries.clone(), 9).await.unwrap();
    assert_eq!(value, Err("attempt 3".to_owned()));
    assert_eq!(tries.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_panic_and_a_timeout_are_followed_too() {
    #[background(attempts = 3, timeout = "1s")]
    async fn third_time_lucky(tries: Tries) -> u32 {
        match tries.next() {
            1 => panic!("first"),
            2 => pending().await,
            number => number,
        }
    }
    #[background(attempts = 2)]
    async fn panics(tries: Tries) {
        panic!("at attempt {}", tries.next())
    }
    #[background(attempts = 2, timeout = SECOND)]
    async fn hangs() {
        pending().await
    }
    assert_eq!(third_time_lucky(Tries::default()).await.unwrap(), 3);

    let error = panics(Tries::default()).await.unwrap_err();
    assert_eq!(error.panic_message(), Some("at attempt 2"));
    assert_eq!(error.attempts(), 2);

    let begun = Instant::now();
    let error = hangs().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (TaskErrorKind::TimedOut, 2)
    );
    assert!(begun.elapsed() > 2 * SECOND);
}

#[background(attempts = 5, backoff = "8s..20s")]
async fn notes_its_starts(starts: Arc<Mutex<Vec<Instant>>>) -> Result<(), u32> {
    starts.lock().unwrap().push(Instant::now());
    Err(1)
}

fn waits(starts: &Mutex<Vec<Instant>>) -> Vec<Duration> {
    let starts = starts.lock().unwrap();
    starts.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[track_caller]
fn check_waits(waits: &[Duration], seconds: &[u64]) {
    assert_eq!(waits.len(), seconds.len());
    for (wait, seconds) in waits.iter().zip(seconds) {
        let longest = Duration::from_secs(*seconds) + Duration::from_millis(2);
        assert!(
            (Duration::from_secs(*seconds) / 2..=longest).contains(wait),
            "{waits:?} should be up to {seconds:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_doubles_up_to_the_longest() {
    let starts = Arc::default();
    notes_its_starts(Arc::clone(&starts))
        .await
        .unwrap()
        .unwrap_err();
    check_waits(&waits(&starts), &[8, 16, 20, 20]);
}

#[tokio::test(start_paused = true)]
async fn a_backoff_may_be_an_expression_that_uses_the_arguments() {
    #[background(attempts = 3, backoff = Backoff::new(first, 4 * first))]
    async fn computed(first: Duration, starts: Arc<Mutex<Vec<Instant>>>) -> Result<(), u32> {
        starts.lock().unwrap().push(Instant::now());
        Err(1)
    }
    let starts = Arc::default();
    let handle = computed(40 * SECOND, Arc::clone(&starts));
    handle.await.unwrap().unwrap_err();
    check_waits(&waits(&starts), &[40, 80]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_longer_than_the_longest_wait_starts_it_over() {
    #[background(attempts = 4, backoff = "8s..64s")]
    async fn runs_long(
        tries: Tries,
        ended: Arc<Mutex<Vec<(Instant, Instant)>>>,
    ) -> Result<(), u32> {
        let begun = Instant::now();
        if tries.next() == 3 {
            sleep(65 * SECOND).await;
        }
        ended.lock().unwrap().push((begun, Instant::now()));
        Err(1)
    }
    let ended = Arc::new(Mutex::new(Vec::new()));
    let handle = runs_long(Tries::default(), ended.clone());
    handle.await.unwrap().unwrap_err();
    let ended = ended.lock().unwrap();
    let waits: Vec<_> = ended.windows(2).map(|pair| pair[1].0 - pair[0].1).collect();
    check_waits(&waits, &[8, 16, 8]);
}

#[derive(Debug, PartialEq)]
enum Refusal {
    Busy,
    Unknown,
}

impl Refusal {
    fn is_temporary(&self) -> bool {
        *self == Refusal::Busy
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_not_worth_it_ends_at_once() {
    #[background(attempts = 5, retry_if = Refusal::is_temporary)]
    async fn ask(tries: Tries) -> Result<(), Refusal> {
        match tries.next() {
            1 => Err(Refusal::Busy),
            2 => panic!("always worth another"),
            _ => Err(Refusal::Unknown),
        }
    }
    let tries = Tries::default();
    assert_eq!(ask(tries.clone()).await.unwrap(), Err(Refusal::Unknown));
    assert_eq!(tries.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn retry_if_works_where_the_type_is_opaque_or_an_alias() {
    type Answer<T> = Result<T, u32>;

    fn is_even(error: &u32) -> bool {
        error % 2 == 0
    }
    #[background(attempts = 5, retry_if = is_even)]
    async fn alias(tries: Tries) -> Answer<()> {
        Err(2 * tries.next() + u32::from(tries.count() == 3))
    }
    #[background(attempts = 5, retry_if = is_even, backoff = "1s..1s")]
    async fn opaque(tries: Tries) -> Result<impl Display, u32> {
        match tries.next() {
            4 => Ok("four"),
            _ => Err(2),
        }
    }
    assert_eq!(alias(Tries::default()).await.unwrap(), Err(7));
    let value = opaque(Tries::default()).await.unwrap();
    assert_eq!(value.map(|value| value.to_string()), Ok("four".to_owned()));
}

#[background(attempts = u32::MAX, backoff = "1h..1h", on = scope)]
async fn fails_with_token(
    scope: &TaskScope,
    tries: Tries,
    #[cancel] token: CancellationToken,
) -> Result<(), String> {
    assert!(!token.is_cancelled());
    Err(format!("attempt {}", tries.next()))
}

#[background(attempts = u32::MAX, backoff = "1h..1h", on = scope)]
async fn fails_in_scope(scope: &TaskScope, tries: Tries) -> Result<(), String> {
    Err(format!("attempt {}", tries.next()))
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_cancelled_while_it_waits_for_its_permit_is_not_counted() {
    #[background(attempts = 3, backoff = "1s..1s", limit = 1)]
    async fn in_turn(holds: bool, #[cancel] token: CancellationToken) -> Result<(), String> {
        if holds {
            token.cancelled().await;
        }
        Err("disk full".to_owned())
    }
    let waits = in_turn(false);
    settle().await;
    let holds = in_turn(true);
    sleep(2 * SECOND).await;
    waits.cancel();
    let error = waits.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (TaskErrorKind::Cancelled, 1)
    );
    holds.cancel();
    assert!(holds.await.unwrap().is_err());
}

// tokio drops an aborted task, and with it what the task knew.
#[tokio::test(start_paused = true)]
async fn the_error_of_an_aborted_task_tells_of_one_attempt() {
    let (scope, tries) = (TaskScope::new(), Tries::default());
    let handle = fails_in_scope(&scope, tries.clone());
    sleep(5 * 3_600 * SECOND).await;
    assert!(tries.count() > 2);
    handle.abort();
    let error = handle.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (TaskErrorKind::Cancelled, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn cancelled_in_the_wait_it_starts_no_further_attempt() {
    let scope = TaskScope::new();
    let (tries, begun) = (Tries::default(), Instant::now());
    let handle = fails_with_token(&scope, tries.clone());
    settle().await;
    assert_eq!(scope.tasks()[0].state().to_string(), "waiting");
    handle.cancel();
    let error = handle.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (TaskErrorKind::Cancelled, 1)
    );

    // Without a token `cancel` is an abort.
    let handle = fails_in_scope(&scope, tries.clone());
    settle().await;
    handle.cancel();
    assert!(handle.await.unwrap_err().is_cancelled());

    let with_token = fails_with_token(&scope, tries.clone());
    let without = fails_in_scope(&scope, tries.clone());
    settle().await;
    scope.cancel();
    for error in [with_token.await.unwrap_err(), without.await.unwrap_err()] {
        assert_eq!(
            (error.kind(), error.attempts()),
            (TaskErrorKind::Cancelled, 1)
        );
    }
    assert_eq!(tries.count(), 4);
    assert!(begun.elapsed() < SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_the_wait_and_an_attempt_that_then_fails_is_the_last() {
    #[background(attempts = 9, on = scope)]
    async fn fails_late(scope: &TaskScope, tries: Tries) -> Result<(), u32> {
        sleep(SECOND).await;
        Err(tries.next())
    }
    let (scope, tries) = (TaskScope::new(), Tries::default());
    let waiting = fails_in_scope(&scope, Tries::default());
    let running = fails_late(&scope, tries.clone());
    settle().await;
    let report = scope.shutdown(10 * SECOND).await;
    assert_eq!(report.elapsed.as_secs(), 1, "{report}");
    assert_eq!((report.cancelled, report.failed), (1, 1), "{report}");
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert_eq!(running.await.unwrap(), Err(1));
}

#[tokio::test(start_paused = true)]
async fn between_two_attempts_it_holds_no_permit() {
    #[background(attempts = 3, backoff = "10s..10s", limit = 1)]
    async fn one_at_a_time(log: Log, name: &'static str, fails: bool) -> Result<(), ()> {
        log.say(format!("{name} begins"));
        sleep(SECOND).await;
        log.say(format!("{name} ends"));
        if fails { Err(()) } else { Ok(()) }
    }
    let log = Log::default();
    let first = one_at_a_time(log.clone(), "first", true);
    let second = one_at_a_time(log.clone(), "second", false);
    first.await.unwrap().unwrap_err();
    second.await.unwrap().unwrap();
    let lines = log.lines();
    assert_eq!(
        lines[..4],
        ["first begins", "first ends", "second begins", "second ends"]
    );
    assert_eq!(lines.len(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_copy_is_kept_only_while_another_attempt_may_follow() {
    #[background(attempts = 2)]
    async fn sends(sender: mpsc::Sender<u32>, tries: Tries) -> Result<(), ()> {
        let number = tries.next();
        sender.send(number).await.unwrap();
        drop(sender);
        sleep(SECOND).await;
        Err(())
    }
    let (sender, mut receiver) = mpsc::channel(4);
    let handle = sends(sender, Tries::default());
    assert_eq!(receiver.recv().await, Some(1));
    assert_eq!(receiver.recv().await, Some(2));
    // The last attempt has the sender itself, and drops it.
    let begun = Instant::now();
    assert_eq!(receiver.recv().await, None);
    assert!(begun.elapsed() < SECOND);
    assert!(!handle.is_finished());
    handle.await.unwrap().unwrap_err();
}

/// Says when it is copied and dropped.
struct Loud(&'static str, Log);

impl Clone for Loud {
    fn clone(&self) -> Self {
        self.1.say(format!("copy {}", self.0));
        Loud(self.0, self.1.clone())
    }
}

impl Drop for Loud {
    fn drop(&mut self) {
        self.1.say(format!("drop {}", self.0));
    }
}

#[tokio::test(start_paused = true)]
async fn each_attempt_drops_its_arguments_as_the_plain_function_does() {
    #[background(attempts = 2, direct = loud_now)]
    async fn loud(
        first: Loud,
        _: Loud,
        (third, _): (Loud, Loud),
        mut fourth: Option<Loud>,
        tries: Tries,
    ) -> Result<(), ()> {
        let log = first.1.clone();
        drop(fourth.take());
        let _ = &third;
        log.say(format!("attempt {}", tries.next()));
        Err(())
    }
    #[background(attempts = 2)]
    async fn loud_alone(
        first: Loud,
        _: Loud,
        (third, _): (Loud, Loud),
        mut fourth: Option<Loud>,
        tries: Tries,
    ) -> Result<(), ()> {
        let log = first.1.clone();
        drop(fourth.take());
        let _ = &third;
        log.say(format!("attempt {}", tries.next()));
        Err(())
    }
    let make = |name| {
        let log = Log::default();
        let loud = |name| Loud(name, log.clone());
        let _ = name;
        let arguments = (
            loud("1"),
            loud("2"),
            (loud("3"), loud("4")),
            Some(loud("5")),
        );
        (log.clone(), arguments)
    };
    let (log, (first, second, pair, last)) = make("plain");
    loud_now(first, second, pair, last, Tries::default())
        .await
        .unwrap_err();
    let plain = log.lines();

    let (log, (first, second, pair, last)) = make("started");
    let handle = loud(first, second, pair, last, Tries::default());
    handle.await.unwrap().unwrap_err();
    check_attempts(&log.lines(), &plain);

    let (log, (first, second, pair, last)) = make("alone");
    let handle = loud_alone(first, second, pair, last, Tries::default());
    handle.await.unwrap().unwrap_err();
    check_attempts(&log.lines(), &plain);

    // Before its first poll, in the order of declaration.
    let (log, (first, second, pair, last)) = make("aborted");
    drop(loud_alone(first, second, pair, last, Tries::default()).abort_on_drop());
    settle().await;
    let drops = ["drop 1", "drop 2", "drop 3", "drop 4", "drop 5"];
    assert_eq!(log.lines(), drops);
}

/// A copy of all, and the two attempts, which do the same.
#[track_caller]
fn check_attempts(lines: &[String], plain: &[String]) {
    let copies = ["copy 1", "copy 2", "copy 3", "copy 4", "copy 5"];
    assert_eq!(lines[..5], copies);
    assert_eq!(lines[5..5 + plain.len()], *plain);
    let mut second = plain.to_vec();
    for line in &mut second {
        if line == "attempt 1" {
            *line = "attempt 2".to_owned();
        }
    }
    assert_eq!(lines[5 + plain.len()..], second);
}

struct Worker {
    tries: Tries,
    scope: TaskScope,
    name: String,
}

impl Worker {
    #[background(attempts = 4, on = self.scope, label = self.name, timeout = SECOND * patience, limit = 2, abort_on_drop)]
    async fn work<T: Clone + Send + 'static>(
        self: Arc<Self>,
        patience: u32,
        value: T,
        #[cancel] token: CancellationToken,
        extra: impl Display + Clone + Send + 'static,
    ) -> Result<(T, String), u32> {
        let number = self.tries.next();
        if token
            .run_until_cancelled(sleep(SECOND * number))
            .await
            .is_none()
        {
            return Err(0);
        }
        match number {
            3 => Ok((value, format!("{extra} of {}", self.name))),
            _ => Err(number),
        }
    }
}

#[derive(Clone)]
struct Owned(Tries);

impl Owned {
    #[background(attempts = 2, detach, label = tag)]
    async fn detached_attempts(mut self, tag: &'static str) -> Result<(), String> {
        let number = self.0.next();
        let tries = std::mem::take(&mut self.0);
        Err(format!("attempt {number} of {tag}, {}", tries.count()))
    }

    #[background(attempts = 2, guard, direct = guarded_now)]
    async fn guarded_attempts(self) -> Result<(), String> {
        Err(format!("attempt {}", self.0.next()))
    }
}

#[tokio::test(start_paused = true)]
async fn it_goes_with_all_the_other_options() {
    let worker = Arc::new(Worker {
        tries: Tries::default(),
        scope: TaskScope::new(),
        name: "one".to_owned(),
    });
    let handle: AbortOnDrop<_> = worker.clone().work(5, 'v', "extra");
    assert_eq!(handle.label(), Some("one"));
    assert_eq!(handle.name(), "work");
    let value = handle.await.unwrap();
    assert_eq!(value, Ok(('v', "extra of one".to_owned())));
    assert_eq!(worker.tries.count(), 3);

    let handle = worker.clone().work(100, 'v', "extra");
    settle().await;
    worker.scope.cancel();
    assert_eq!(handle.await.unwrap(), Err(0));
    assert_eq!(worker.tries.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_failure_says_how_many_attempts_there_were_and_is_one() {
    let failures = Failures::listen();
    let tries = Tries::default();
    Owned(tries.clone()).detached_attempts("x");
    sleep(9 * SECOND).await;
    assert_eq!(tries.count(), 2);
    let told = failures.texts_of("detached_attempts");
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("task `detached_attempts` (x) failed"),
        "{told:?}"
    );
    assert!(told[0].contains("attempt 2 of x"), "{told:?}");

    let guard: TaskGuard = Owned(tries.clone()).guarded_attempts();
    sleep(9 * SECOND).await;
    assert!(guard.is_finished());
    assert_eq!(failures.of("guarded_attempts").len(), 1);
    Owned(tries.clone()).guarded_now().await.unwrap_err();

    #[background(attempts = 3, on = scope)]
    async fn counted(scope: &TaskScope) -> Result<(), u32> {
        Err(1)
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sees = seen.clone();
    let scope = TaskScope::builder()
        .on_failure(move |failure| {
            let mut seen = sees.lock().unwrap();
            seen.push((failure.kind(), failure.attempts()));
        })
        .build();
    counted(&scope).detach();
    scope.wait().await;
    settle().await;
    assert_eq!(*seen.lock().unwrap(), [(TaskFailureKind::Error, 3)]);
    let report = scope.shutdown(SECOND).await;
    assert_eq!(report.failed, 1);
    let first = report.first_failure.unwrap();
    assert_eq!(first.attempts(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_local_task_has_attempts() {
    #[background(attempts = 3, local, label = tries.count())]
    async fn local(tries: Rc<Tries>) -> Result<Rc<u32>, Rc<str>> {
        match tries.next() {
            3 => Ok(Rc::new(3)),
            _ => Err("local".into()),
        }
    }
    #[background(attempts = 3, local)]
    async fn local_opaque(tries: Rc<Tries>) -> Result<impl Display, Rc<str>> {
        match tries.next() {
            3 => Ok(Rc::new(3)),
            _ => Err("local".into()),
        }
    }
    LocalSet::new()
        .run_until(async {
            let tries = Rc::new(Tries::default());
            assert_eq!(**local(tries).await.unwrap().as_ref().unwrap(), 3);
            let tries = Rc::new(Tries::default());
            assert!(local_opaque(tries).await.unwrap().is_ok());
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_with_the_most_attempts_never_ends() {
    #[background(attempts = u32::MAX, backoff = "1ms..2ms")]
    async fn endless(tries: Tries, _witness: Arc<Witness>) -> Result<(), ()> {
        tries.next();
        Err(())
    }
    let (tries, drops) = (Tries::default(), Drops::default());
    let guard = endless(tries.clone(), Arc::new(drops.witness())).abort_on_drop();
    sleep(SECOND).await;
    assert!(tries.count() > 300, "{}", tries.count());
    drop(guard);
    settle().await;
    assert_eq!(drops.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_attempt_is_a_plain_task_and_a_constant_is_a_number() {
    const MOST: u32 = 1 + 1;

    #[background(attempts = 1)]
    async fn once(tries: Tries) -> Result<(), u32> {
        Err(tries.next())
    }
    #[background(attempts = MOST)]
    async fn twice(tries: Tries) -> Result<(), u32> {
        Err(tries.next())
    }
    assert_eq!(once(Tries::default()).await.unwrap(), Err(1));
    assert_eq!(twice(Tries::default()).await.unwrap(), Err(2));
}

#[tokio::test(start_paused = true)]
async fn no_copy_is_made_for_a_single_attempt_nor_for_the_last() {
    #[derive(Default)]
    struct Counted(Arc<AtomicUsize>);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, SeqCst);
            Counted(self.0.clone())
        }
    }
    #[background(attempts = 1)]
    async fn once(_counted: Counted) -> Result<(), ()> {
        Err(())
    }
    #[background(attempts = 4)]
    async fn four(_counted: Counted) -> Result<(), ()> {
        Err(())
    }
    let copies = Arc::default();
    let _ = once(Counted(Arc::clone(&copies))).await;
    assert_eq!(copies.load(SeqCst), 0);
    let _ = four(Counted(Arc::clone(&copies))).await;
    assert_eq!(copies.load(SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_a_cancelled_task_says_how_many_attempts_were_made() {
    #[background(attempts = 9, backoff = "1s..1s")]
    async fn fails(tries: Tries, #[cancel] token: CancellationToken) -> Result<(), u32> {
        assert!(!token.is_cancelled());
        Err(tries.next())
    }
    let tries = Tries::default();
    let handle = fails(tries.clone());
    while tries.count() < 3 {
        sleep(SECOND / 10).await;
    }
    settle().await;
    handle.cancel();
    let error = handle.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (TaskErrorKind::Cancelled, 3)
    );
}

// What counts is how long an attempt ran: else a busy `limit` would keep the waits short.
#[tokio::test(start_paused = true)]
async fn the_wait_for_a_permit_does_not_start_the_backoff_over() {
    #[background(attempts = 4, backoff = "1s..8s", limit = 1)]
    async fn one_at_a_time(tries: Option<Tries>, holds: Duration) -> Result<(), u32> {
        sleep(holds).await;
        match tries {
            Some(tries) => Err(tries.next()),
            None => Ok(()),
        }
    }
    let tries = Tries::default();
    let fails = one_at_a_time(Some(tries.clone()), Duration::ZERO);
    settle().await;
    // The second and the third attempt wait for the permit longer than the longest wait.
    while tries.count() < 3 {
        let _ = one_at_a_time(None, 10 * SECOND).await;
        settle().await;
    }
    let begun = Instant::now();
    assert!(fails.await.unwrap().is_err());
    assert_eq!(tries.count(), 4);
    // From 2 s to 4 s. If the waits were started over, it would be at most 1 s.
    assert!(begun.elapsed() > SECOND * 3 / 2, "{:?}", begun.elapsed());
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_whose_error_panics_when_dropped_is_followed_by_the_next() {
    #[background(attempts = 3)]
    async fn fails(tries: Tries) -> Result<u32, PanicsWhenDropped> {
        match tries.next() {
            3 => Ok(3),
            _ => Err(PanicsWhenDropped),
        }
    }
    let tries = Tries::default();
    assert!(matches!(fails(tries.clone()).await, Ok(Ok(3))));
    assert_eq!(tries.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_panics_when_it_is_dropped_has_panicked_and_is_followed() {
    #[background(attempts = 2, timeout = "1s")]
    async fn bad_end() {
        let _guard = PanicsOnDrop;
        pending().await
    }
    let error = bad_end().await.unwrap_err();
    assert_eq!(error.panic_message(), Some("in a destructor"));
    assert_eq!(error.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_whose_panic_panics_when_dropped_is_followed_by_the_next() {
    #[background(attempts = 2)]
    async fn panics(tries: Tries) -> u32 {
        match tries.next() {
            1 => std::panic::panic_any(PanicsOnDrop),
            number => number,
        }
    }
    assert_eq!(panics(Tries::default()).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_cancelled_when_the_wait_is_over_already_starts_no_further_attempt() {
    /// An error that cancels the task when it is dropped, at the start of the wait.
    struct Cancels(CancellationToken);

    impl Drop for Cancels {
        fn drop(&mut self) {
            self.0.cancel();
        }
    }
    #[background(attempts = 9, backoff = Backoff::new(Duration::ZERO, Duration::ZERO))]
    async fn fails(tries: Tries, #[cancel] token: CancellationToken) -> Result<(), Cancels> {
        tries.next();
        Err(Cancels(token))
    }
    let tries = Tries::default();
    assert!(
        fails(tries.clone())
            .await
            .is_err_and(|error| error.is_cancelled())
    );
    assert_eq!(tries.count(), 1);
}
