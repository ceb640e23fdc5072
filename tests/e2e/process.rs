//! The binary as a test sees it: run to its end, or running as a server.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use ureq::RequestBuilder;
use ureq::http::HeaderMap;

/// What the environment may say to the binary, and must not in a test.
const VARIABLES: [&str; 9] = [
    "OUTLAY_CACHE",
    "OUTLAY_CONFIG",
    "OUTLAY_DATA",
    "OUTLAY_LISTEN",
    "OUTLAY_LOG_FORMAT",
    "OUTLAY_LOG_LEVEL",
    "OUTLAY_STORE",
    "OUTLAY_TOKEN",
    "NO_COLOR",
];

/// Names and values.
type Headers<'h> = &'h [(&'h str, &'h str)];

/// How long a server may take to answer before a test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// The binary.
pub(crate) const OUTLAY: &str = env!("CARGO_BIN_EXE_outlay");

/// The binary with these arguments.
pub(crate) fn command(arguments: &[&str]) -> Command {
    command_of(Path::new(OUTLAY), arguments)
}

/// A program with these arguments, in the environment of a test.
pub(crate) fn command_of(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// What a command came to.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Its output, once it ended with this code.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        self
    }

    /// It said so on standard error.
    #[track_caller]
    pub(crate) fn says(self, what: &str) -> Self {
        assert!(self.stderr.contains(what), "{}", self.stderr);
        self
    }
}

/// Runs the binary to its end.
pub(crate) fn run(arguments: &[&str]) -> Run {
    run_with(arguments, "")
}

/// Runs the binary to its end, with `input` on standard input.
pub(crate) fn run_with(arguments: &[&str], input: &str) -> Run {
    run_command(command(arguments), input)
}

/// Runs a command to its end, with `input` on standard input.
pub(crate) fn run_command(mut command: Command, input: &str) -> Run {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the binary runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A command that is refused does not read its input.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// A server that runs until the test ends.
pub(crate) struct Process {
    child: Child,
    /// Kept open for what it announces after its address.
    pub(crate) stdout: BufReader<ChildStdout>,
    /// The lines of standard error; they are taken off it at once, or the server would wait for
    /// room to log.
    stderr: Mutex<Lines>,
    /// Where it listens.
    pub(crate) address: String,
    agent: ureq::Agent,
}

/// What a server logs.
struct Lines {
    coming: Receiver<String>,
    /// What came while another line was waited for.
    passed: Vec<String>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The answer, once its status is this one.
    #[track_caller]
    pub(crate) fn of(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// What a header says, where it is a plain text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Up to which position it knows, where it says so.
    pub(crate) fn position(&self) -> Option<u64> {
        self.header("Outlay-Position")?.parse().ok()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

impl Process {
    /// A server started with these arguments, once it is ready.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        Self::start(command(arguments))
    }

    /// A server started with this command, once it is ready.
    pub(crate) fn start(command: Command) -> Self {
        let server = Self::launch(command);
        server.ready();
        server
    }

    /// A server started with this command, once it says where it listens.
    pub(crate) fn launch(command: Command) -> Self {
        Self::launch_logging_to(command, Stdio::piped())
    }

    /// The same, with log lines that go elsewhere: they are not waited for, and that it ends shows
    /// on standard output.
    pub(crate) fn launch_logging_to(mut command: Command, stderr: impl Into<Stdio>) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("the binary runs");
        // It holds what its child got, which would not end with the child.
        drop(command);
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let heard: Box<dyn Read + Send> = if let Some(stderr) = child.stderr.take() {
            Box::new(stderr)
        } else {
            let other = stdout.get_ref().as_fd().try_clone_to_owned();
            Box::new(File::from(other.expect("a pipe")))
        };
        let lines = BufReader::new(heard).lines();
        let (say, coming) = mpsc::channel();
        thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| {
                let _ = say.send(line);
            });
        });
        let address = line.trim_end().strip_prefix("outlay listens on ");
        let address = address
            .unwrap_or_else(|| panic!("no address: {line}"))
            .to_owned();
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE));
        let agent = config.build().into();
        let passed = Vec::new();
        Self {
            child,
            stdout,
            stderr: Mutex::new(Lines { coming, passed }),
            address,
            agent,
        }
    }

    /// Waits until it is ready.
    pub(crate) fn ready(&self) {
        self.wait_for("serve: ready");
        self.get("/readyz").of(200);
    }

    /// What `path` answers.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_as(path, "application/json")
    }

    /// What `path` answers in this form.
    pub(crate) fn get_as(&self, path: &str, accept: &str) -> Answer {
        self.try_get(path, &[("Accept", accept)])
            .expect("an answer")
    }

    /// What `path` answers to these headers; an error where the server goes away.
    pub(crate) fn try_get(&self, path: &str, headers: Headers<'_>) -> Result<Answer, ureq::Error> {
        let request = self.agent.get(self.at(path));
        let add = |request: RequestBuilder<_>, (name, value): &(&str, &str)| {
            request.header(*name, *value)
        };
        answer(headers.iter().fold(request, add).call())
    }

    /// What `path` answers to a record.
    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.send(path, "application/json", body)
            .expect("an answer")
    }

    /// What a batch endpoint answers.
    pub(crate) fn post_batch(&self, path: &str, rows: &str) -> Answer {
        self.send(path, "application/x-ndjson", rows)
            .expect("an answer")
    }

    /// What the batch endpoint answers; an error where the server goes away.
    pub(crate) fn try_batch(&self, rows: &str) -> Result<Answer, ureq::Error> {
        self.send("/v1/records/batch", "application/x-ndjson", rows)
    }

    fn send(&self, path: &str, form: &str, body: &str) -> Result<Answer, ureq::Error> {
        answer(self.agent.post(self.at(path)).content_type(form).send(body))
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> &str {
        self.address.rsplit(':').next().expect("a port")
    }

    /// The id of the process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, with `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ended");
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn terminate(self) -> ExitStatus {
        signal(self.process(), "TERM");
        self.ended()
    }

    /// Waits until it has ended.
    pub(crate) fn ended(mut self) -> ExitStatus {
        assert!(self.falls_silent(), "it does not end");
        self.child.wait().expect("it ended")
    }

    /// Waits for a line on standard error that says so, which is not waited for again.
    pub(crate) fn wait_for(&self, what: &str) {
        let mut lines = self.lines();
        if let Some(at) = lines.passed.iter().position(|line| line.contains(what)) {
            lines.passed.remove(at);
            return;
        }
        loop {
            let line = lines.coming.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no '{what}': {:#?}", lines.passed));
            if line.contains(what) {
                return;
            }
            lines.passed.push(line);
        }
    }

    /// Asks it to end, and gives what it logged until it had, but what was waited for.
    pub(crate) fn log_to_its_end(mut self) -> String {
        signal(self.process(), "TERM");
        assert!(self.falls_silent(), "it does not end");
        self.child.wait().expect("it ended");
        self.lines().passed.join("\n")
    }

    /// Waits until it has closed standard error, as who ends does; whether it did in time.
    fn falls_silent(&self) -> bool {
        let mut lines = self.lines();
        loop {
            match lines.coming.recv_timeout(PATIENCE) {
                Ok(line) => lines.passed.push(line),
                Err(error) => return error == RecvTimeoutError::Disconnected,
            }
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    /// Ends it as a person would, so that it can tidy up.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = Command::new("kill")
                .arg(self.process().to_string())
                .status();
            if !self.falls_silent() {
                let _ = self.child.kill();
            }
            let _ = self.child.wait();
        }
    }
}

/// Sends a process a signal.
pub(crate) fn signal(process: u32, signal: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{signal}"), &process.to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn answer(
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Answer, ureq::Error> {
    let (parts, mut body) = response?.into_parts();
    let mut text = String::new();
    body.as_reader().read_to_string(&mut text)?;
    Ok(Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: text,
    })
}
