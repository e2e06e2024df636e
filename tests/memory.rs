//! How little memory is kept of what has ended, counted by an allocator.

#![expect(unsafe_code, reason = "a global allocator is unsafe")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    future::pending,
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicIsize, Ordering::SeqCst},
    },
    time::Duration,
};

use spawn_runtime::{TaskScope, TaskSet, background, spawn};
use tokio::task::yield_now;

struct Counting;

static LIVE: AtomicIsize = AtomicIsize::new(0);

// SAFETY: forwards to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as isize, SeqCst);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as isize, SeqCst);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const KIB: isize = 1024;

/// Other tests would count too.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(test)
}

async fn grown_by(work: impl Future) -> isize {
    let before = LIVE.load(SeqCst);
    work.await;
    // The runtime's own queues go on for a while.
    for _ in 0..100 {
        yield_now().await;
    }
    LIVE.load(SeqCst) - before
}

/// Returns how much is kept with what a burst of tasks has left. The runtime keeps a queue for as many, from a burst
/// before.
async fn kept_after<T>(burst: impl AsyncFn() -> T) -> isize {
    burst().await;
    let mut left = None;
    grown_by(async { left = Some(burst().await) }).await
}

async fn spawn_and_join(scope: &TaskScope, count: usize, size: usize) {
    for _ in 0..count / 100 {
        let handles: Vec<_> = (0..100)
            .map(|_| match size {
                0 => scope.spawn(async {}),
                _ => scope.spawn(async {
                    let held = [0_u8; 1_500];
                    yield_now().await;
                    std::hint::black_box(&held);
                }),
            })
            .collect();
        for handle in handles {
            handle.await.unwrap();
        }
    }
}

#[test]
fn ended_tasks_cost_nothing() {
    let _alone = alone();
    run(async {
        let scope = TaskScope::new();
        scope.spawn(pending::<()>()).detach();
        spawn_and_join(&scope, 1_000, 0).await;
        let grown = grown_by(spawn_and_join(&scope, 100_000, 0)).await;
        assert!(grown < 64 * KIB, "{grown}");
    });
}

// Not even when there are many others, and those that ended were large.
#[test]
fn large_tasks_that_ended_cost_nothing_among_many_small_ones_that_run() {
    let _alone = alone();
    run(async {
        let scope = TaskScope::new();
        for _ in 0..2_000 {
            scope.spawn(pending::<()>()).detach();
        }
        spawn_and_join(&scope, 1_000, 0).await;
        let grown = grown_by(spawn_and_join(&scope, 1_900, 1_500)).await;
        assert!(grown < 64 * KIB, "{grown}");
    });
}

#[test]
fn a_burst_gives_its_memory_back() {
    let _alone = alone();
    run(async {
        let scope = TaskScope::new();
        scope.spawn(pending::<()>()).detach();
        let grown = grown_by(async {
            let handles: Vec<_> = (0..100_000).map(|_| scope.spawn(yield_now())).collect();
            for handle in handles {
                handle.await.unwrap();
            }
            spawn_and_join(&scope, 1_000, 0).await;
        })
        .await;
        // tokio keeps a queue for as many.
        assert!(grown < 3_000 * KIB, "{grown}");
    });
}

// A task that came last and stays is no reason to keep the memory: it is looked for again as more tasks end.
#[test]
fn a_burst_gives_its_memory_back_although_its_last_task_stays_for_a_while() {
    let _alone = alone();
    run(async {
        let burst = async || {
            let scope = TaskScope::new();
            let first = scope.spawn(pending::<()>());
            let mut handles: Vec<_> = (0..100_000).map(|_| scope.spawn(pending::<()>())).collect();
            let last = handles.pop().unwrap();
            for (ended, handle) in handles.into_iter().rev().enumerate() {
                if ended == 75_000 {
                    last.abort();
                    yield_now().await;
                }
                handle.abort();
                handle.await.unwrap_err();
            }
            last.await.unwrap_err();
            (scope, first)
        };
        let grown = kept_after(burst).await;
        assert!(grown < 512 * KIB, "{grown}");
    });
}

// The last of them leaves when only a few others are there.
#[test]
fn a_burst_that_ends_in_order_gives_its_memory_back_although_some_tasks_stay() {
    let _alone = alone();
    run(async {
        let burst = async || {
            let scope = TaskScope::new();
            let stay: Vec<_> = (0..5).map(|_| scope.spawn(pending::<()>())).collect();
            let handles: Vec<_> = (0..100_000).map(|_| scope.spawn(yield_now())).collect();
            for handle in handles {
                handle.await.unwrap();
            }
            (scope, stay)
        };
        let grown = kept_after(burst).await;
        assert!(grown < 512 * KIB, "{grown}");
    });
}

// Also when their tasks had to be aborted: a server drops a scope for each connection.
#[test]
fn children_that_are_gone_leave_nothing_in_their_parent() {
    let _alone = alone();
    run(async {
        let scope = TaskScope::new();
        let children = async |count: usize| {
            for which in 0..count {
                let child = scope.child();
                child.spawn(pending::<()>()).detach();
                if which % 2 == 0 {
                    assert_eq!(child.shutdown(Duration::ZERO).await.aborted.len(), 1);
                } else {
                    drop(child);
                    yield_now().await;
                }
            }
        };
        children(1_000).await;
        let grown = grown_by(children(10_000)).await;
        assert!(grown < 64 * KIB, "{grown}");
        let report = scope.shutdown(Duration::ZERO).await;
        assert_eq!(report.cancelled + report.aborted.len(), 11_000);
    });
}

#[test]
fn a_hundred_thousand_parked_tasks_are_gone_after_a_shutdown() {
    let _alone = alone();
    run(async {
        let round = async || {
            let scope = TaskScope::new();
            for _ in 0..100_000 {
                scope.spawn(pending::<()>()).detach();
            }
            assert_eq!(scope.shutdown(Duration::ZERO).await.aborted.len(), 100_000);
        };
        round().await;
        let grown = grown_by(round()).await;
        assert!(grown < 64 * KIB, "{grown}");
    });
}

// tokio's smallest cell, 128 bytes, and what the scope keeps of a task to list and to abort it.
#[test]
fn a_small_task_in_a_scope_is_a_small_task() {
    static SCOPE: LazyLock<TaskScope> = LazyLock::new(TaskScope::new);
    #[background(on = *SCOPE, detach)]
    async fn parked(number: u64) {
        pending::<()>().await;
        std::hint::black_box(number);
    }
    let _alone = alone();
    run(async {
        let count = 32 * 1_024;
        let grown = grown_by(async {
            for number in 0..count {
                parked(number as u64);
            }
        })
        .await;
        let each = grown / count;
        // With twice the cell it would be more.
        assert!((128..128 + 256).contains(&each), "{each}");
        SCOPE.shutdown(Duration::ZERO).await;
    });
}

// A task keeps its scope alive. Here the tasks end while their scope is closed on another thread.
#[test]
fn scopes_that_end_while_their_tasks_do_are_gone() {
    let _alone = alone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let round = async || {
            let scope = TaskScope::new();
            for _ in 0..4 {
                let child = scope.child();
                child.spawn(async {}).detach();
                spawn_runtime::spawn(async move {
                    yield_now().await;
                    drop(child);
                })
                .detach();
            }
            scope.shutdown(Duration::from_secs(60)).await;
        };
        for _ in 0..100 {
            round().await;
        }
        let grown = grown_by(async {
            for _ in 0..20_000 {
                round().await;
            }
        })
        .await;
        assert!(grown < 64 * KIB, "{grown}");
    });
}

/// Pending, and so many words large.
struct Words<const N: usize>(#[allow(dead_code)] [usize; N]);

impl<const N: usize> Future for Words<N> {
    type Output = ();

    fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        std::task::Poll::Pending
    }
}

/// How much a task takes, with its handle in hand.
fn taken_by<const N: usize>() -> isize {
    run(async {
        let before = LIVE.load(SeqCst);
        let handle = spawn_runtime::spawn(Words([0; N]));
        let taken = LIVE.load(SeqCst) - before;
        handle.abort();
        taken
    })
}

#[test]
fn a_future_of_two_words_takes_nothing_besides_its_task_and_a_larger_one_a_box() {
    let _alone = alone();
    taken_by::<0>();
    let smallest = taken_by::<0>();
    assert_eq!(taken_by::<1>(), smallest);
    assert_eq!(taken_by::<2>(), smallest);
    for (taken, words) in [(taken_by::<3>(), 3), (taken_by::<8>(), 8)] {
        assert_eq!(taken, smallest + words * size_of::<usize>() as isize);
    }
}

#[test]
fn a_set_keeps_less_than_100_bytes_for_each_task_of_its_largest_burst() {
    const TASKS: usize = 10_000;
    let _alone = alone();
    run(async {
        let burst = async || {
            let mut set = TaskSet::new();
            for _ in 0..TASKS {
                set.push(spawn(async { [7_u8; 1_000] }));
            }
            while let Some(result) = set.join_next().await {
                result.unwrap();
            }
            set
        };
        let kept = kept_after(burst).await / TASKS as isize;
        assert!((1..100).contains(&kept), "{kept} bytes");
    });
}
