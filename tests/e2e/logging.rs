//! Where nobody takes what is said beside the answers, which nothing that was asked for depends on.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, PipeReader, Write as _, pipe};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{iter, thread};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use serde_json::Value;
use tempfile::tempdir;

use crate::outlay::{Process, command, run, run_with, signal, text};
use crate::records::{RATES, allocation, little_history, payment};

/// How long a server may take to do what it must before a test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// Somewhere that nobody listens.
struct Nowhere {
    what: &'static str,
    end: Stdio,
    /// Kept open, and not read.
    _reader: Option<PipeReader>,
}

/// A file system without room.
fn full_disk() -> Nowhere {
    let device = File::options().write(true).open("/dev/full");
    Nowhere {
        what: "a full disk",
        end: device.expect("a device").into(),
        _reader: None,
    }
}

fn broken_pipe() -> Nowhere {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    Nowhere {
        what: "a pipe whose reader has ended",
        end: writer.into(),
        _reader: None,
    }
}

fn full_pipe() -> Nowhere {
    let (reader, mut writer) = pipe().expect("a pipe");
    let flags = fcntl_getfl(&writer).expect("flags");
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).expect("flags");
    for part in [4096, 1] {
        let full = iter::repeat_with(|| writer.write(&vec![b'x'; part])).find_map(Result::err);
        assert_eq!(full.map(|error| error.kind()), Some(ErrorKind::WouldBlock));
    }
    fcntl_setfl(&writer, flags).expect("flags");
    Nowhere {
        what: "a full pipe that nobody reads",
        end: writer.into(),
        _reader: Some(reader),
    }
}

fn nowhere() -> [Nowhere; 3] {
    [full_disk(), broken_pipe(), full_pipe()]
}

/// The binary with these arguments, and standard error closed.
fn without_stderr(arguments: &[&str]) -> Command {
    in_shell(r#"exec "$0" "$@" 2>&-"#, arguments)
}

/// The binary with these arguments, as a script of the shell runs it.
fn in_shell(script: &str, arguments: &[&str]) -> Command {
    let plain = command(arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", script]);
    shell.arg(plain.get_program()).args(plain.get_args());
    for (variable, _) in plain.get_envs() {
        shell.env_remove(variable);
    }
    shell
}

/// Waits for what a server does by itself.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        thread::yield_now();
    }
}

/// How many log lines a server says that it dropped.
fn dropped(server: &Process) -> u64 {
    let metrics = server.get("/metrics").of(200).body;
    let mut lines = metrics.lines();
    let count = lines.find_map(|line| line.strip_prefix("outlay_log_lines_dropped_total "));
    count.expect("the metric").parse().expect("a number")
}

/// Asks what makes a long log line, until a server has dropped one more.
fn ask_until_one_is_dropped(server: &Process) {
    let long = format!("/{}", "x".repeat(7_000));
    let before = dropped(server);
    wait_until("it drops no line", || {
        server.get(&long).of(404);
        dropped(server) > before
    });
}

/// A server answers, records and ends, whatever it logs.
fn does_everything(server: Process, what: &str) {
    wait_until(what, || server.get("/readyz").status == 200);
    server
        .post("/v1/records", &allocation("QD-1", 1000))
        .of(201);
    server
        .post("/v1/records", &payment("KB-1", "HD-1", 1))
        .of(422);
    server.get("/healthz").of(200);
    let rates = server.get(RATES).of(200).json();
    assert_eq!(rates["total"]["plan"], "1000", "{what}");
    assert!(server.terminate().success(), "{what}");
}

#[test]
fn a_server_whose_log_nobody_takes_does_everything_and_counts_what_is_lost() {
    for Nowhere { what, end, _reader } in nowhere() {
        let folder = tempdir().expect("a folder");
        let data = text(folder.path());
        let serve = command(&["serve", "--data", data, "--listen", "127.0.0.1:0"]);
        let server = Process::launch_logging_to(serve, end);
        ask_until_one_is_dropped(&server);
        does_everything(server, what);
    }
}

#[test]
fn a_server_without_standard_error_does_everything() {
    let folder = tempdir().expect("a folder");
    let serve = [
        "serve",
        "--data",
        text(folder.path()),
        "--listen",
        "127.0.0.1:0",
    ];
    let server = Process::launch_logging_to(without_stderr(&serve), Stdio::inherit());
    does_everything(server, "standard error is closed");
}

#[test]
fn a_server_whose_log_file_may_not_grow_goes_on() {
    let folder = tempdir().expect("a folder");
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let serve = ["serve", "--data", text(&data), "--listen", "127.0.0.1:0"];
    let log = File::options().create(true).append(true).open(log);
    let log = log.expect("a file");
    // 131,072 times 512 bytes, as large as a file may be there.
    log.set_len(64 << 20).expect("room");
    let serve = in_shell(r#"ulimit -f 131072; exec "$0" "$@""#, &serve);
    let server = Process::launch_logging_to(serve, log);
    ask_until_one_is_dropped(&server);
    does_everything(server, "its log may not grow");
}

#[test]
fn a_server_whose_log_reader_ends_goes_on() {
    let folder = tempdir().expect("a folder");
    let (reader, writer) = pipe().expect("a pipe");
    let serve = [
        "serve",
        "--data",
        text(folder.path()),
        "--listen",
        "127.0.0.1:0",
    ];
    let server = Process::launch_logging_to(command(&serve), writer);
    let mut lines = BufReader::new(reader).lines();
    let ready = lines.find(|line| line.as_ref().is_ok_and(|it| it.contains("serve: ready")));
    assert!(ready.is_some());
    drop(lines);
    ask_until_one_is_dropped(&server);
    does_everything(server, "its reader has ended");
}

#[test]
fn a_reader_that_comes_back_is_told_how_many_lines_it_missed_and_every_line_is_whole() {
    let folder = tempdir().expect("a folder");
    let (reader, writer) = pipe().expect("a pipe");
    let serve = [
        "serve",
        "--data",
        text(folder.path()),
        "--listen",
        "127.0.0.1:0",
        "--log-format",
        "json",
    ];
    let server = Process::launch_logging_to(command(&serve), writer);
    ask_until_one_is_dropped(&server);
    let lines = BufReader::new(reader).lines();
    let lines = lines.map(|line| serde_json::from_str::<Value>(&line.expect("text")));
    let told = lines
        .map(|line| line.expect("a whole line"))
        .find(|line| !line["dropped"].is_null());
    let told = told.expect("how many are missing");
    assert_eq!(told["message"], "log lines were dropped");
    assert_eq!(told["dropped"], dropped(&server));
    assert!(server.terminate().success());
}

/// What a command comes to whose messages go to `end`: its exit code, and its answer.
fn comes_to(mut command: Command, input: &str, end: Stdio) -> (Option<i32>, String) {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(end);
    let mut child = piped.spawn().expect("the binary runs");
    drop(command);
    let mut stdin = child.stdin.take().expect("a pipe");
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let (say, ended) = mpsc::channel();
    thread::spawn(move || say.send(child.wait_with_output()));
    let output = ended.recv_timeout(PATIENCE).expect("it ends");
    let output = output.expect("its output");
    let stdout = String::from_utf8(output.stdout).expect("text");
    (output.status.code(), stdout)
}

#[test]
fn a_command_whose_messages_nobody_takes_comes_to_the_same() {
    let folder = tempdir().expect("a folder");
    let (data, absent) = (folder.path().join("data"), folder.path().join("absent"));
    let (data, absent) = (text(&data), text(&absent));
    let history = little_history();
    let record = ["record", "-", "--data", data, "--log-level", "trace"];
    run_with(&record, &history).ends(0);
    let refused = format!("{history}\n{}", payment("KB-2", "HD-1", 1_000_000));
    let all = "--log-level=trace";
    for (arguments, code) in [
        (&record[..], 1),
        (&["rates", "--data", data, all], 0),
        (&["replay", "--data", data, all], 0),
        (&["events", "--data", data, all], 0),
        (&["rates", "--data", absent], 3),
        (&["rates", "--no-such-flag"], 2),
    ] {
        let expected = run_with(arguments, &refused).ends(code);
        let expected = (expected.code, expected.stdout);
        for Nowhere { what, end, _reader } in nowhere() {
            let came = comes_to(command(arguments), &refused, end);
            assert_eq!(came, expected, "{arguments:?}, {what}");
        }
        let came = comes_to(without_stderr(arguments), &refused, Stdio::inherit());
        assert_eq!(came, expected, "{arguments:?}, standard error is closed");
    }
}

/// A verdict is of what happened, and not of who reads it.
#[test]
fn a_verdict_that_nobody_reads_is_the_same() {
    let folder = tempdir().expect("a folder");
    let data = folder.path().join("data");
    let record = ["record", "-", "--data", text(&data)];
    run_with(&record, &little_history()).ends(0);
    let ends = |arguments: &[&str], input: &str| {
        let mut asked = command(arguments);
        asked
            .stdin(Stdio::piped())
            .stdout(broken_pipe().end)
            .stderr(Stdio::null());
        let mut child = asked.spawn().expect("the binary runs");
        drop(asked);
        let mut stdin = child.stdin.take().expect("a pipe");
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait().expect("it ends").code()
    };
    let refused = payment("KB-2", "HD-1", 1_000_000);
    assert_eq!(ends(&record, &refused), Some(1));
    assert_eq!(ends(&record, &little_history()), Some(0));
    let replay = ["replay", "--data", text(&data)];
    assert_eq!(ends(&replay, ""), Some(0));
    // Of a log that is damaged it says so, whoever reads its first lines.
    let log = data.join("outlay.db");
    let mut bytes = std::fs::read(&log).expect("a log");
    let pages = bytes.iter_mut().skip(4096).step_by(7);
    pages.for_each(|byte| *byte ^= 0x55);
    std::fs::write(&log, bytes).expect("it is damaged");
    assert_eq!(ends(&replay, ""), Some(3));
}

/// A process that ends with the test.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_whose_address_nobody_hears_serves_and_logs_it() {
    for Nowhere { what, end, _reader } in nowhere() {
        let folder = tempdir().expect("a folder");
        let serve = [
            "serve",
            "--data",
            text(folder.path()),
            "--listen",
            "127.0.0.1:0",
        ];
        let mut serve = command(&serve);
        let child = serve.stdout(end).stderr(Stdio::piped()).spawn();
        let mut server = Ends(child.expect("the binary runs"));
        drop(serve);
        let log = BufReader::new(server.0.stderr.take().expect("a pipe"));
        let mut lines = log.lines().map(|line| line.expect("text"));
        let address = lines.find_map(|line| {
            let (_, address) = line.split_once("listening address=")?;
            Some(address.to_owned())
        });
        let address = address.expect(what);
        assert!(lines.any(|line| line.contains("serve: ready")), "{what}");
        run(&["rates", "--server", &address]).ends(0);
        signal(server.0.id(), "TERM");
        assert!(server.0.wait().expect("it ends").success(), "{what}");
    }
}
