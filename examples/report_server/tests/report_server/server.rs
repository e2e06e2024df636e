//! The program under test: started on a folder and a port of its own, and asked over HTTP.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// What a slow machine under load still makes. Nothing here waits that long when all is well.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub struct Server {
    pub url: String,
    child: Child,
    output: Output,
    errors: Output,
}

/// What the program has printed so far.
struct Output {
    text: Arc<Mutex<String>>,
    collecting: thread::JoinHandle<()>,
}

impl Output {
    fn collect(stream: impl Read + Send + 'static) -> Self {
        let text = Arc::<Mutex<String>>::default();
        let lines = text.clone();
        let collecting = thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let mut text = lines.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
            }
        });
        Output { text, collecting }
    }

    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

/// An answer: its status, its body, and the body as JSON (null if it is none).
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    pub bytes: Vec<u8>,
    pub json: Value,
}

impl Answer {
    fn read((head, mut body): (Head, impl Read)) -> Self {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).expect("a whole body");
        Answer {
            status: head.status,
            content_type: head.header("content-type").to_owned(),
            headers: head.headers,
            json: serde_json::from_slice(&bytes).unwrap_or_default(),
            bytes,
        }
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("a text")
    }
}

/// What comes before the body of an answer.
struct Head {
    status: u16,
    headers: BTreeMap<String, String>,
}

impl Head {
    fn read(answer: &mut impl BufRead) -> Self {
        let mut lines = answer.lines().map(|line| line.expect("a whole answer"));
        let status = lines.next().expect("a status line");
        let status = status.split(' ').nth(1).expect("a status");
        let mut head = Head {
            status: status.parse().expect("a number"),
            headers: BTreeMap::new(),
        };
        for line in lines.take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").expect("a header");
            head.headers
                .insert(name.to_ascii_lowercase(), value.to_owned());
        }
        head
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// A folder of its own for each test, gone at its end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(test: &str) -> Self {
        let name = format!("report_server-{test}-{}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// `cargo test` builds the examples next to the tests.
pub fn program() -> Command {
    let test = env::current_exe().expect("a test has a path");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("target/<profile>/deps/<test>");
    let file = format!("report_server{}", env::consts::EXE_SUFFIX);
    let path = profile.join("examples").join(file);
    assert!(
        path.exists(),
        "{} is missing: run `cargo build --examples` first, or all tests with `cargo test --workspace`",
        path.display()
    );
    Command::new(path)
}

pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

impl Server {
    pub fn start(folder: &Folder) -> Self {
        Self::start_with(folder, &[] as &[&str])
    }

    pub fn start_with(folder: &Folder, options: &[impl AsRef<OsStr>]) -> Self {
        let mut command = program();
        command.arg("--data").arg(folder.path()).args(options);
        Self::start_by(command)
    }

    /// Starts what in the end is the program.
    pub fn start_by(mut command: Command) -> Self {
        let mut child = command
            .env_remove("RUST_BACKTRACE")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = Output::collect(child.stdout.take().unwrap());
        let errors = Output::collect(child.stderr.take().unwrap());
        let url = wait_for("the address", || {
            let text = output.text();
            let line = text.lines().next()?;
            let url = line.strip_prefix("listening on ");
            Some(
                url.unwrap_or_else(|| panic!("first line: {line}"))
                    .to_owned(),
            )
        });
        Server {
            url,
            child,
            output,
            errors,
        }
    }

    pub fn output(&self) -> String {
        self.output.text()
    }

    pub fn errors(&self) -> String {
        self.errors.text()
    }

    /// Where it listens: an address and a port.
    pub fn host(&self) -> &str {
        self.url.strip_prefix("http://").expect("an HTTP address")
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.host()).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Asks on a connection of its own. With HTTP/1.0 the answer ends where the connection does.
    fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (Head, impl Read + use<>) {
        let mut stream = self.connect();
        let host = match headers.contains("host: ") {
            true => String::new(),
            false => format!("host: {}\r\n", self.host()),
        };
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.0\r\n{host}content-length: {length}\r\n{headers}\r\n{body}"
        );
        // The server may refuse to read a body. It answers all the same.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = BufReader::new(stream);
        (Head::read(&mut answer), answer)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", "")
    }

    /// With headers that each end in `\r\n`; one of them may be the host's.
    pub fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        Answer::read(self.ask(method, path, headers, body))
    }

    /// Asks for a failed report to be made again.
    pub fn again(&self, id: i64) -> Answer {
        self.send("POST", &format!("/reports/{id}/again"), "", "")
    }

    pub fn pdf(&self, id: i64) -> Vec<u8> {
        let answer = self.get(&format!("/reports/{id}/pdf"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.bytes
    }

    pub fn delete(&self, path: &str) -> Answer {
        Answer::read(self.ask("DELETE", path, "", ""))
    }

    pub fn post(&self, content_type: &str, body: &str) -> Answer {
        let headers = format!("content-type: {content_type}\r\n");
        Answer::read(self.ask("POST", "/reports", &headers, body))
    }

    pub fn request_report(&self, customer: impl Into<Value>, month: &str) -> Answer {
        let body = json!({ "customer": customer.into(), "month": month });
        self.post("application/json", &body.to_string())
    }

    /// The id of a report that has been accepted.
    pub fn report(&self, customer: impl Into<Value>, month: &str) -> i64 {
        let answer = self.request_report(customer, month);
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.json["id"].as_i64().expect("an id")
    }

    pub fn state(&self, id: i64) -> String {
        let answer = self.get(&format!("/reports/{id}"));
        answer.json["state"].as_str().expect("a state").to_owned()
    }

    pub fn wait_for_state(&self, id: i64, state: &str) -> Value {
        wait_for(&format!("report {id} to be {state}"), || {
            let answer = self.get(&format!("/reports/{id}"));
            (answer.json["state"] == state).then_some(answer.json)
        })
    }

    /// How many reports there are of each state.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let answer = self.get("/health");
        serde_json::from_value(answer.json["reports"].clone()).expect("numbers by state")
    }

    /// The stream of events: (name, data) pairs.
    pub fn events(&self) -> impl Iterator<Item = (String, Value)> + use<> {
        let (_, body) = self.ask("GET", "/events", "", "");
        let mut lines = BufReader::new(body).lines();
        let mut name = String::new();
        std::iter::from_fn(move || {
            loop {
                let line = lines.next()?.ok()?;
                if let Some(text) = line.strip_prefix("event: ") {
                    name = text.to_owned();
                } else if let Some(text) = line.strip_prefix("data: ") {
                    let data = serde_json::from_str(text).expect("JSON");
                    return Some((name.clone(), data));
                }
            }
        })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM.
    #[cfg(unix)]
    pub fn terminate(&self) {
        // The shell has `kill` built in, wherever the program of that name may be.
        let kill = format!("kill -TERM {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(status.success());
    }

    /// Sends SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Afterwards all is there that it has printed.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let status = wait_for("the end of the program", || self.child.try_wait().unwrap());
        wait_for("the last of its output", || {
            let outputs = [&self.output, &self.errors];
            outputs
                .iter()
                .all(|it| it.collecting.is_finished())
                .then_some(())
        });
        status
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("-- the server's output\n{}", self.output());
            eprintln!("-- the server's errors\n{}", self.errors());
        }
    }
}
