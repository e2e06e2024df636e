//! It is the async fn: side effects and drops come in the order of the plain function's, whether it
//! completes, returns early, fails, panics, or is dropped before its first poll or while suspended.
//!
//! rust-lang/rust#54716 and #60236 set the order for async fns; async-trait#199 is the bug that a
//! macro over them makes.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use spawn_runtime::{TaskHandle, background};

use crate::support::{Log, settle};

/// Says its name when dropped.
#[derive(Clone)]
pub struct Loud(&'static str, Log);

impl Drop for Loud {
    fn drop(&mut self) {
        self.1.say(format!("drop {}", self.0));
    }
}

#[derive(Clone)]
pub struct Pair {
    left: Loud,
    right: Loud,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Complete,
    ReturnEarly,
    Fail,
    Panic,
    Wait,
}

/// What each function does in its middle.
pub async fn middle(log: &Log, end: End) -> Result<(), String> {
    log.say("begin");
    match end {
        End::Complete | End::ReturnEarly => {
            tokio::task::yield_now().await;
            log.say("go on");
            Ok(())
        }
        End::Fail => Err("fail".to_owned()),
        End::Panic => panic!("in the middle"),
        End::Wait => std::future::pending().await,
    }
}

/// Each function twice, plain and in the background, and a test that compares them.
macro_rules! same {
    ($($name:ident [$log:ident, $end:ident] ($($parameters:tt)*) ($($argument:expr),* $(,)?) $body:block)*) => {
        mod plain {
            use super::*;
            $(
                #[allow(unused_variables, unused_mut)]
                pub async fn $name($log: Log, $end: End, $($parameters)*) -> Result<Loud, String> $body
            )*
        }
        mod started {
            use super::*;
            $(
                #[allow(unused_variables, unused_mut)]
                #[background]
                pub async fn $name($log: Log, $end: End, $($parameters)*) -> Result<Loud, String> $body
            )*
        }
        mod attempted {
            use super::*;
            $(
                #[allow(unused_variables, unused_mut)]
                #[background(attempts = 1, label = "the only one")]
                pub async fn $name($log: Log, $end: End, $($parameters)*) -> Result<Loud, String> $body
            )*
        }
        $(
            #[tokio::test]
            async fn $name() {
                for $end in [End::Complete, End::ReturnEarly, End::Fail, End::Panic, End::Wait] {
                    let plain = {
                        let $log = Log::default();
                        run_plain($log.clone(), $end, plain::$name($log.clone(), $end, $($argument),*)).await
                    };
                    let started = {
                        let $log = Log::default();
                        run_started($log.clone(), $end, started::$name($log.clone(), $end, $($argument),*)).await
                    };
                    assert_eq!(started, plain, "{:?}", $end);
                    let attempted = {
                        let $log = Log::default();
                        run_started($log.clone(), $end, attempted::$name($log.clone(), $end, $($argument),*)).await
                    };
                    assert_eq!(attempted, plain, "the last attempt, {:?}", $end);
                    assert!(plain.len() >= 3, "it says something: {plain:?}");
                }
                let plain = {
                    let $log = Log::default();
                    let $end = End::Wait;
                    drop(plain::$name($log.clone(), $end, $($argument),*));
                    $log.lines()
                };
                let started = {
                    let $log = Log::default();
                    let $end = End::Wait;
                    let handle = started::$name($log.clone(), $end, $($argument),*);
                    handle.abort();
                    assert!(handle.await.is_err());
                    $log.lines()
                };
                assert_eq!(started, plain, "aborted before the first poll");
                let attempted = {
                    let $log = Log::default();
                    let $end = End::Wait;
                    let handle = attempted::$name($log.clone(), $end, $($argument),*);
                    handle.abort();
                    assert!(handle.await.is_err());
                    $log.lines()
                };
                assert_eq!(attempted, plain, "aborted before the first attempt");
            }
        )*
    };
}

async fn run_plain(
    log: Log,
    end: End,
    future: impl Future<Output = Result<Loud, String>>,
) -> Vec<String> {
    {
        let mut future = Box::pin(future);
        if end == End::Wait {
            assert!(poll_once(future.as_mut()).is_pending());
        } else {
            let caught = Caught(future).await;
            log.say(match caught {
                Ok(Ok(loud)) => format!("value {}", loud.0),
                Ok(Err(text)) => format!("error {text}"),
                Err(()) => "panic".to_owned(),
            });
        }
    }
    log.lines()
}

async fn run_started(log: Log, end: End, handle: TaskHandle<Result<Loud, String>>) -> Vec<String> {
    if end == End::Wait {
        settle().await;
        handle.abort();
        assert!(handle.await.is_err_and(|error| error.is_cancelled()));
    } else {
        log.say(match handle.await {
            Ok(Ok(loud)) => format!("value {}", loud.0),
            Ok(Err(text)) => format!("error {text}"),
            Err(error) => {
                assert!(error.is_panic());
                "panic".to_owned()
            }
        });
    }
    log.lines()
}

fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// A future whose panic is caught, and which is dropped when it ends.
struct Caught<F>(Pin<Box<F>>);

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, ()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match std::panic::catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(_) => Poll::Ready(Err(())),
        }
    }
}

fn loud(name: &'static str, log: &Log) -> Loud {
    Loud(name, log.clone())
}

fn pair(log: &Log) -> Pair {
    Pair {
        left: loud("left", log),
        right: loud("right", log),
    }
}

same! {
    three_arguments [log, end] (a: Loud, b: Loud, c: Loud) (loud("a", &log), loud("b", &log), loud("c", &log)) {
        middle(&log, end).await?;
        let local = loud("local", &log);
        if end == End::ReturnEarly {
            return Ok(b);
        }
        log.say(a.0);
        Ok(c)
    }

    never_named [log, end] (_: Loud, _guard: Loud, unused: Loud, _: Loud) (loud("a", &log), loud("b", &log), loud("c", &log), loud("d", &log)) {
        middle(&log, end).await?;
        if end == End::ReturnEarly {
            return Ok(loud("early", &log));
        }
        Ok(loud("value", &log))
    }

    patterns [log, end] (a: Loud, (b, _): (Loud, Loud), Pair { left, .. }: Pair, [c, .., d]: [Loud; 3], e: Loud)
        (loud("a", &log), (loud("b", &log), loud("b rest", &log)), pair(&log),
         [loud("c", &log), loud("between", &log), loud("d", &log)], loud("e", &log)) {
        middle(&log, end).await?;
        if end == End::ReturnEarly {
            return Ok(left);
        }
        log.say(format!("{}{}{}{}", a.0, c.0, d.0, e.0));
        Ok(b)
    }

    bindings_in_patterns [log, end] (whole @ Pair { .. }: Pair, mut a: Loud, (ref b, mut c): (Loud, Loud), _: (Loud, Loud))
        (pair(&log), loud("a", &log), (loud("b", &log), loud("c", &log)), (loud("d", &log), loud("e", &log))) {
        middle(&log, end).await?;
        log.say(format!("{}{}", whole.right.0, b.0));
        std::mem::swap(&mut a, &mut c);
        if end == End::ReturnEarly {
            a = loud("new a", &log);
            return Ok(a);
        }
        Ok(c)
    }

    one_field_is_moved_out [log, end] (whole: Pair, other: Loud) (pair(&log), loud("other", &log)) {
        middle(&log, end).await?;
        if end == End::ReturnEarly {
            drop(other);
            return Ok(whole.right);
        }
        Ok(whole.left)
    }

    used_before_the_await_only [log, end] (a: Loud, b: Loud, numbers: [u8; 64], c: Loud)
        (loud("a", &log), loud("b", &log), [0; 64], loud("c", &log)) {
        log.say(a.0);
        drop(b);
        middle(&log, end).await?;
        if end == End::ReturnEarly {
            return Ok(c);
        }
        log.say(numbers.len().to_string());
        Ok(loud("value", &log))
    }

    named_in_reverse [log, end] (number: u32, a: Loud, b: Loud, text: &'static str, c: Loud)
        (7, loud("a", &log), loud("b", &log), "text", loud("c", &log)) {
        log.say(format!("{}{}{}{text}{number}", c.0, b.0, a.0));
        middle(&log, end).await?;
        let moved = (c, b);
        if end == End::ReturnEarly {
            return Ok(a);
        }
        Ok(moved.0)
    }

    closures_and_blocks [log, end] (a: Loud, b: Loud) (loud("a", &log), loud("b", &log)) {
        let inner = async { middle(&log, end).await?; Ok::<_, String>(loud("inner", &log)) };
        let kept = inner.await?;
        let give = move || b;
        'early: {
            if end == End::ReturnEarly {
                break 'early;
            }
            return Ok(give());
        }
        log.say(kept.0);
        Ok(a)
    }

    behind_pointers [log, end] (a: Box<Loud>, b: Arc<Loud>, c: Option<Loud>, d: Vec<Loud>)
        (Box::new(loud("a", &log)), Arc::new(loud("b", &log)), Some(loud("c", &log)), vec![loud("d", &log), loud("e", &log)]) {
        middle(&log, end).await?;
        let Some(c) = c else { return Ok(*a) };
        if end == End::ReturnEarly {
            return Ok(c);
        }
        log.say(b.0);
        Ok(d.into_iter().next().expect("two"))
    }

    tail_temporary [log, end] (a: Loud, b: Arc<std::sync::Mutex<Vec<Loud>>>, c: Loud)
        (loud("a", &log), Arc::new(std::sync::Mutex::new(vec![loud("b", &log)])), loud("c", &log)) {
        middle(&log, end).await?;
        if end == End::ReturnEarly {
            return Ok(c);
        }
        Ok(b.lock().unwrap().pop().unwrap())
    }
}

/// With `self`, which no macro can rename.
#[derive(Clone)]
struct Receiver {
    log: Log,
    loud: Loud,
}

impl Receiver {
    async fn plain(self: Box<Self>, _: Loud, a: Loud, end: End) -> Result<Loud, String> {
        middle(&self.log, end).await?;
        if end == End::ReturnEarly {
            return Ok(a);
        }
        Ok(self.loud)
    }

    #[background]
    async fn started(self: Box<Self>, _: Loud, a: Loud, end: End) -> Result<Loud, String> {
        middle(&self.log, end).await?;
        if end == End::ReturnEarly {
            return Ok(a);
        }
        Ok(self.loud)
    }

    #[background(attempts = 1)]
    async fn attempted(self: Box<Self>, _: Loud, a: Loud, end: End) -> Result<Loud, String> {
        middle(&self.log, end).await?;
        if end == End::ReturnEarly {
            return Ok(a);
        }
        Ok(self.loud)
    }
}

#[tokio::test]
async fn receivers() {
    let receiver = |log: &Log| {
        Box::new(Receiver {
            log: log.clone(),
            loud: loud("self", log),
        })
    };
    for end in [
        End::Complete,
        End::ReturnEarly,
        End::Fail,
        End::Panic,
        End::Wait,
    ] {
        let log = Log::default();
        let future = receiver(&log).plain(loud("unnamed", &log), loud("a", &log), end);
        let plain = run_plain(log.clone(), end, future).await;
        let log = Log::default();
        let handle = receiver(&log).started(loud("unnamed", &log), loud("a", &log), end);
        assert_eq!(
            run_started(log.clone(), end, handle).await,
            plain,
            "{end:?}"
        );
        let log = Log::default();
        let handle = receiver(&log).attempted(loud("unnamed", &log), loud("a", &log), end);
        let attempted = run_started(log.clone(), end, handle).await;
        assert_eq!(attempted, plain, "the last attempt, {end:?}");
    }
    let (plain, started) = (Log::default(), Log::default());
    let future = receiver(&plain).plain(loud("unnamed", &plain), loud("a", &plain), End::Wait);
    drop(future);
    let handle =
        receiver(&started).started(loud("unnamed", &started), loud("a", &started), End::Wait);
    handle.abort();
    drop(handle.await);
    assert_eq!(started.lines(), plain.lines());
    let attempted = Log::default();
    let handle = receiver(&attempted).attempted(
        loud("unnamed", &attempted),
        loud("a", &attempted),
        End::Wait,
    );
    handle.abort();
    drop(handle.await);
    assert_eq!(attempted.lines(), plain.lines());
}
