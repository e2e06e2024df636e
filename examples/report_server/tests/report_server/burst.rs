//! Many requests at once.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use crate::{
    pages_of,
    server::{Folder, Server, wait_for},
};

struct Latencies(Vec<Duration>);

impl Latencies {
    /// Asks for the page, one time after the other, as long as `go_on` says so.
    fn of_page(server: &Server, mut go_on: impl FnMut(usize) -> bool) -> Self {
        let mut times = Vec::new();
        while go_on(times.len()) {
            let start = Instant::now();
            let answer = server.get("/");
            times.push(start.elapsed());
            assert_eq!(answer.status, 200);
            thread::sleep(Duration::from_millis(2));
        }
        times.sort();
        Latencies(times)
    }

    fn percentile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)]
    }
}

#[test]
fn a_burst_of_200_loses_nothing_and_leaves_the_page_quick() {
    const BURST: usize = 200;
    let folder = Folder::new("burst");
    let server = &Server::start(&folder);
    // The page with a full list, as it is during the burst.
    let id = server.report(1, "2025-01");
    server.wait_for_state(id, "done");
    let idle = Latencies::of_page(server, |asked| asked < 100);

    let all_done = &AtomicBool::new(false);
    let start = Instant::now();
    let (busy, mut accepted) = thread::scope(|scope| {
        let busy = scope.spawn(move || Latencies::of_page(server, |_| !all_done.load(Relaxed)));
        let posts: Vec<_> = (0..BURST)
            .map(|number| {
                scope.spawn(move || {
                    let month = format!("2025-{:02}", 1 + number / 11 % 12);
                    let start = Instant::now();
                    let id = server.report(1 + number % 11, &month);
                    (id, start.elapsed())
                })
            })
            .collect();
        let accepted: Vec<_> = posts.into_iter().map(|post| post.join().unwrap()).collect();
        wait_for("200 reports", || {
            thread::sleep(Duration::from_millis(100));
            (server.counts().get("done") == Some(&(BURST as u64 + 1))).then_some(())
        });
        all_done.store(true, Relaxed);
        (busy.join().unwrap(), accepted)
    });
    let elapsed = start.elapsed();

    accepted.sort_by_key(|&(_, time)| time);
    println!(
        "GET / idle: p50 {:?} p99 {:?}; during the burst: p50 {:?} p99 {:?} max {:?} ({} times)\n\
         POST /reports, {BURST} at once: p50 {:?} max {:?}; all done after {elapsed:?}",
        idle.percentile(50),
        idle.percentile(99),
        busy.percentile(50),
        busy.percentile(99),
        busy.percentile(100),
        busy.0.len(),
        accepted[BURST / 2].1,
        accepted[BURST - 1].1,
    );
    let mut ids: Vec<_> = accepted.iter().map(|&(id, _)| id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), BURST);
    for id in [ids[0], ids[BURST / 2], ids[BURST - 1]] {
        assert!(pages_of(&server.get(&format!("/reports/{id}/pdf")).bytes) >= 2);
    }
    // Far from what it takes, and far from what a server takes that renders on its async threads:
    // what else the machine does meanwhile is not this test's to say.
    assert!(busy.percentile(50) < 20 * idle.percentile(50) + Duration::from_millis(20));
    assert!(busy.percentile(99) < Duration::from_secs(1));
}
