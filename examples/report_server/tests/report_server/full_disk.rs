//! A disk without room, and one that takes no more of a file.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    assert_error, pages_of,
    server::{self, Folder, Server, wait_for},
};

/// The program, started by a shell's script: `$0` is the program, `$1` its folder, `$2` on its options.
fn by_script(mut shell: Command, script: &str, folder: &Folder, options: &[&str]) -> Command {
    shell
        .args(["-c", script])
        .arg(server::program().get_program())
        .arg(folder.path())
        .args(options);
    shell
}

/// A shell that may mount, where the system lets a user do that for itself.
fn shell_that_mounts() -> Option<Command> {
    let shell = || {
        let mut shell = Command::new("unshare");
        shell.args(["--user", "--map-root-user", "--mount", "sh"]);
        shell
    };
    let mut attempt = shell();
    attempt.args(["-c", "mount -t tmpfs none /mnt"]);
    let status = attempt.stderr(Stdio::null()).status();
    status.is_ok_and(|it| it.success()).then(shell)
}

/// Writes until there is no room at all.
fn fill(file: &Path) {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .unwrap();
    for size in [4096, 1] {
        let error = loop {
            if let Err(error) = file.write_all(&vec![0; size]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}

#[test]
fn a_full_disk_fails_the_report_and_the_server_goes_on() {
    let Some(shell) = shell_that_mounts() else {
        eprintln!("not tried: this system lets no user mount a file system of its own");
        return;
    };
    let folder = Folder::new("full_disk");
    let script = r#"mount -t tmpfs -o size=4m none "$1" && exec "$0" --data "$@""#;
    let mut server = Server::start_by(by_script(shell, script, &folder, &["--pace", "1000"]));
    // Only the server and its children see that disk; this is the way in.
    let disk: PathBuf = format!("/proc/{}/root{}", server.pid(), folder.path().display()).into();
    assert!(disk.join("reports.sqlite").exists());
    let filler = disk.join("filler");

    let id = server.report(1, "2025-03");
    server.wait_for_state(id, "rendering");
    fill(&filler);
    let report = server.wait_for_state(id, "failed");
    let full = "the database says: database or disk is full";
    assert_eq!(report["reason"], full);

    // It goes on: it shows what it has, and says why it takes nothing more.
    let page = server.get("/");
    assert!(page.text().contains(full) && page.text().contains("data-again"));
    assert_eq!(server.counts(), [("failed".to_owned(), 1)].into());
    assert_error(&server.request_report(2, "2025-03"), 507, full);
    assert_error(&server.again(id), 409, "is not recorded yet");
    let unrecorded =
        format!("report {id}: Alder & Finch Bakery 2025-03: that it failed is not recorded yet");
    wait_for("the log's line", || {
        server.errors().contains(&unrecorded).then_some(())
    });
    // With room again the failure is recorded, and the report can be made.
    fs::remove_file(&filler).unwrap();
    wait_for("the failure to be recorded", || {
        (server.again(id).status == 202).then_some(())
    });
    assert_eq!(server.errors().matches(&unrecorded).count(), 1);
    server.wait_for_state(id, "done");
    assert!(pages_of(&server.pdf(id)) >= 2);

    let last = server.report(3, "2025-03");
    server.wait_for_state(last, "rendering");
    fill(&filler);
    server.terminate();
    assert_eq!(server.wait_for_end().code(), Some(0));
    let output = server.output();
    assert!(
        output.contains("\nstopped: 1 unfinished reports"),
        "{output}"
    );
    assert!(output.contains("\nreport server shut down in "), "{output}");
}

#[test]
fn a_file_that_may_not_grow_fails_the_report_and_the_server_goes_on() {
    let folder = Folder::new("file_limit");
    let mut server = Server::start(&folder);
    server.terminate();
    assert_eq!(server.wait_for_end().code(), Some(0));

    // In blocks of 512 bytes: room for a few changes of the database, and not for a PDF.
    let script = r#"trap '' XFSZ && ulimit -f 96 && exec "$0" --data "$@""#;
    let command = by_script(Command::new("sh"), script, &folder, &[]);
    let mut server = Server::start_by(command);
    let id = server.report(1, "2025-03");
    let report = server.wait_for_state(id, "failed");
    assert_eq!(report["reason"], "the database says: disk I/O error");
    assert!(server.get("/").text().contains("disk I/O error"));
    // Until it can take nothing at all, and says so.
    wait_for("a request that cannot be written down", || {
        let answer = server.request_report(2, "2025-03");
        if answer.status == 202 {
            return None;
        }
        assert_error(&answer, 500, "disk I/O error");
        Some(())
    });
    wait_for("all that it has taken on to fail", || {
        let counts = server.counts();
        (counts.len() == 1 && counts.contains_key("failed")).then_some(())
    });
    server.terminate();
    assert_eq!(server.wait_for_end().code(), Some(0));
    assert!(server.output().contains("\nreport server shut down in "));

    // What the database could not be told is resumed, what it could has failed and is made again.
    let server = Server::start(&folder);
    wait_for("the rest to be done", || {
        let counts = server.counts();
        counts
            .keys()
            .all(|state| state == "done" || state == "failed")
            .then_some(())
    });
    if server.state(id) == "failed" {
        assert_eq!(server.again(id).status, 202);
    }
    server.wait_for_state(id, "done");
}
