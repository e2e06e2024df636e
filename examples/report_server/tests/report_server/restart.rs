//! What a server that has ended leaves to the next one.

use std::{
    process::Output,
    time::{Duration, Instant},
};

use crate::{
    BROKEN_CUSTOMER, ENDLESS,
    server::{self, Folder, Server, wait_for},
};

#[test]
fn a_second_server_on_one_folder_says_so_at_once() {
    let folder = Folder::new("lock");
    let first = Server::start(&folder);
    let start = || -> (Duration, Output) {
        let start = Instant::now();
        let mut second = server::program();
        let output = second.arg("--data").arg(folder.path()).output().unwrap();
        (start.elapsed(), output)
    };
    // SQLite's own patience with a lock is 5 s. The quickest of some, since the machine may have other work.
    let (elapsed, output) = (0..4).map(|_| start()).min_by_key(|(it, _)| *it).unwrap();
    assert!(elapsed < Duration::from_millis(2500), "{elapsed:?}");
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    let wanted = format!(
        "another report server is using the folder {}\n",
        folder.path().display()
    );
    assert_eq!(errors, wanted);
    assert_eq!(output.stdout, b"");
    // The first has not noticed.
    let id = first.report(1, "2025-01");
    first.wait_for_state(id, "done");
}

#[test]
fn what_a_kill_has_cut_off_is_resumed_from_the_database() {
    let folder = Folder::new("kill");
    let server = Server::start(&folder);
    let done = server.report(5, "2025-09");
    server.wait_for_state(done, "done");
    let broken = server.report(BROKEN_CUSTOMER, "2025-09");
    let failed = server.wait_for_state(broken, "failed");
    let pdf_of_5 = server.pdf(done);
    server.kill();

    // Killed twice in the middle of the work: one is drawn, one waits for that, the others are queued.
    let mut ids = Vec::new();
    for round in 0..2 {
        let server = Server::start_with(&folder, &ENDLESS);
        if round == 0 {
            ids.extend((1..=5).map(|customer| server.report(customer, "2025-09")));
            let cancelled = server.report(6, "2025-09");
            server.delete(&format!("/reports/{cancelled}"));
        }
        wait_for("the work to go on", || {
            let counts = server.counts();
            (counts.get("rendering") == Some(&2) && counts.get("queued") == Some(&3)).then_some(())
        });
        server.kill();
    }

    let server = Server::start(&folder);
    wait_for("the note about it", || {
        let note = "5 reports of an earlier run go on";
        server.output().contains(note).then_some(())
    });
    for (id, customer) in ids.iter().zip(1..) {
        let report = server.wait_for_state(*id, "done");
        assert_eq!(
            (&report["customer_id"], &report["month"]),
            (&customer.into(), &"2025-09".into())
        );
    }
    // The same document as without an interruption; and what had come to its end is left alone.
    assert_eq!(server.pdf(ids[4]), pdf_of_5);
    assert_eq!(server.pdf(done), pdf_of_5);
    let counts = [("cancelled", 1), ("done", 6), ("failed", 1)];
    assert_eq!(
        server.counts(),
        counts
            .map(|(state, count)| (state.to_owned(), count))
            .into()
    );
    assert_eq!(server.get(&format!("/reports/{broken}")).json, failed);
    // Numbers go on where they were.
    assert!(server.report(1, "2025-09") > ids[4] + 1);
}
