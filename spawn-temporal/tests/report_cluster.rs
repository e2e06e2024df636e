//! The example of a web server and its workers, as processes that are killed.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

/// A running example, and the lines that it writes.
struct Program {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let tests = std::env::current_exe().unwrap();
        // Cargo builds the examples with the tests, in a folder beside theirs.
        let example = tests
            .parent()
            .unwrap()
            .with_file_name("examples")
            .join("report_cluster");
        let mut child = Command::new(example)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines() {
                // The test may be over.
                let _ = sender.send(line.unwrap());
            }
        });
        Program { child, lines }
    }

    /// Waits for a line that begins so, and returns the rest.
    fn line(&self, start: &str) -> String {
        loop {
            let line = self
                .lines
                .recv_timeout(Duration::from_secs(60))
                .unwrap_or_else(|_| panic!("`{start}` should come"));
            if let Some(rest) = line.strip_prefix(start) {
                return rest.to_owned();
            }
        }
    }

    /// SIGKILL.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have been killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request, and the whole answer.
fn ask(address: &str, method: &str, path: &str, form: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = form.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{form}"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

fn page(address: &str) -> String {
    String::from_utf8(ask(address, "GET", "/", "")).unwrap()
}

fn order(address: &str, customer: &str, month: u32) {
    let answer = ask(
        address,
        "POST",
        "/reports",
        &format!("customer={customer}&month={month}"),
    );
    assert!(
        answer.starts_with(b"HTTP/1.1 303"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

fn wait_for(address: &str, text: &str) {
    let begun = Instant::now();
    while !page(address).contains(text) {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "`{text}` should come: {}",
            page(address)
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn assert_is_pdf(address: &str, number: usize) {
    let answer = ask(address, "GET", &format!("/reports/{number}"), "");
    let start = answer
        .windows(4)
        .position(|bytes| bytes == b"%PDF")
        .expect("the answer should have a PDF");
    assert!(answer.len() > start + 5_000);
    assert!(answer.trim_ascii_end().ends_with(b"%%EOF"));
}

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("report-cluster-{}", uuid::Uuid::new_v4()))
}

#[test]
fn one_process_is_web_server_and_worker() {
    let folder = folder();
    let program = Program::start(&[
        "--address",
        "127.0.0.1:0",
        "--pace",
        "1",
        "--data",
        folder.to_str().unwrap(),
    ]);
    let address = program.line("listening on http://");
    order(&address, "Harbour+Roasters", 3);
    order(&address, "Harbour+Roasters", 3);
    wait_for(
        &address,
        "reports.generate.v1/Harbour Roasters/3</td><td>done",
    );
    assert_eq!(page(&address).matches("<tr>").count(), 1);
    assert_is_pdf(&address, 0);
    order(&address, "Nobody", 3);
    wait_for(&address, "failed: there is no customer");
    program.kill();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
fn workers_and_the_web_server_are_killed_and_the_report_is_there() {
    let folder = folder();
    let address =
        std::env::var("TEMPORAL_ADDRESS").expect("`ci/temporal.sh` sets TEMPORAL_ADDRESS");
    // A pace at which five pages take some seconds.
    let common = [
        "--temporal",
        &address,
        "--data",
        folder.to_str().unwrap(),
        "--pace",
        "400",
    ];
    let web = || Program::start(&[&["web", "--address", "127.0.0.1:0"], &common[..]].concat());
    let worker = || Program::start(&[&["worker"], &common[..]].concat());

    let first_web = web();
    let page_address = first_web.line("listening on http://");
    order(&page_address, "Harbour+Roasters", 3);
    let first_worker = worker();
    first_worker.line("Harbour Roasters, 2025-03: page 2 of");
    first_worker.kill();
    let second_worker = worker();
    first_web.kill();
    second_worker.line("Harbour Roasters, 2025-03: page 1 of");

    let second_web = web();
    let page_address = second_web.line("listening on http://");
    wait_for(
        &page_address,
        "reports.generate.v1/Harbour Roasters/3</td><td>running (attempt 2)",
    );
    wait_for(
        &page_address,
        "reports.generate.v1/Harbour Roasters/3</td><td>done",
    );
    assert_is_pdf(&page_address, 0);
    // The same request is the same report.
    order(&page_address, "Harbour+Roasters", 3);
    assert_eq!(page(&page_address).matches("<tr>").count(), 1);
    drop((second_web, second_worker));
    std::fs::remove_dir_all(folder).unwrap();
}
