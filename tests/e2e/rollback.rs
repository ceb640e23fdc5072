//! A log that was set back, as a restored backup of one file sets it: nothing is recorded over
//! what was acknowledged, until somebody says so.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::{TempDir, tempdir};

use crate::outlay::{Process, Run, Server, command, run, run_with, text};
use crate::records::{RATES, allocation, gift, little_history};

const INDEX: &str = "index.checkpoint";
const FIGURES: &str = "figures.checkpoint";

/// A folder whose `outlay.db` is older than the checkpoints beside it.
struct SetBack {
    folder: TempDir,
    /// Where its log ends.
    head: u64,
    /// Where it ended.
    witnessed: u64,
}

impl SetBack {
    fn new() -> Self {
        let folder = tempdir().expect("a folder");
        let log = folder.path().join("outlay.db");
        let server = Server::over(folder.path());
        let mut head = None;
        for record in little_history().lines() {
            head = server.post("/v1/records", record).of(201).position();
        }
        assert!(server.terminate().success());
        let older = fs::read(&log).expect("a log");

        let server = Server::over(folder.path());
        let newer = server.post("/v1/records", &gift("KB-9", 7)).of(201);
        assert!(server.terminate().success());
        fs::write(log, older).expect("it is put back");
        Self {
            folder,
            head: head.expect("a position"),
            witnessed: newer.position().expect("a position"),
        }
    }

    fn data(&self) -> &str {
        text(self.folder.path())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn served(&self) -> Process {
        served(self.folder.path())
    }

    /// What a command comes to that works on it.
    fn ask(&self, flags: &[&str]) -> Run {
        run(&[flags, &["--data", self.data()]].concat())
    }

    /// `server` answers questions, and takes no record.
    #[track_caller]
    fn is_read_only(&self, server: &Process) {
        let record = gift("KB-10", 402_500);
        let answers = [
            server.get("/readyz").of(503),
            server.post("/v1/records", &record).of(503),
        ];
        for answer in answers {
            let told = answer.json();
            assert_eq!(told["type"], "/problems/read-only");
            assert_eq!(told["position"], self.witnessed);
            assert!(answer.body.contains("outlay restore --accept-rollback"));
        }
        server.get(RATES).of(200);
        let lost = format!("{RATES}&known_at={}", self.witnessed);
        server.get(&lost).of(400);
        let metrics = server.get_as("/metrics", "text/plain").of(200).body;
        assert!(metrics.contains("outlay_store_read_only 1"));
    }

    /// What the checkpoints hold.
    fn checkpoints(&self) -> [Vec<u8>; 2] {
        [INDEX, FIGURES].map(|name| fs::read(self.path(name)).expect("a checkpoint"))
    }
}

/// A server over a log, whether or not that takes records, once it has caught up.
fn served(folder: &Path) -> Process {
    let flags = ["serve", "--data", text(folder), "--listen", "127.0.0.1:0"];
    let server = Process::launch(command(&flags));
    server.wait_for("serve: ready");
    server
}

/// The names of the files of a folder that begin so.
fn named(folder: &Path, begin: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.into_string().expect("text"));
    names.filter(|name| name.starts_with(begin)).collect()
}

#[test]
fn a_log_that_was_set_back_is_read_and_not_written_until_that_is_accepted() {
    let log = SetBack::new();
    let evidence = log.checkpoints();

    let server = log.served();
    log.is_read_only(&server);
    // What is recorded is told as recorded.
    for record in little_history().lines() {
        server.post("/v1/records", record).of(200);
    }
    assert!(server.terminate().success());
    assert_eq!(log.checkpoints(), evidence, "a stop leaves the evidence");
    let server = log.served();
    log.is_read_only(&server);
    let accept = ["restore", "--accept-rollback"];
    log.ask(&accept).ends(3).says("in use");
    server.kill();
    let server = log.served();
    log.is_read_only(&server);
    server.kill();
    assert_eq!(log.checkpoints(), evidence, "and so does a crash");

    log.ask(&["restore"]).ends(2);
    let accepted = log.ask(&accept).ends(0).stdout;
    for told in [log.head, log.witnessed] {
        assert!(accepted.contains(&told.to_string()), "{accepted}");
    }
    for (name, held) in [INDEX, FIGURES].iter().zip(&evidence) {
        let aside = log.path(&format!("{name}.rollback-{}", log.witnessed));
        assert_eq!(&fs::read(aside).expect("it is put aside"), held);
        assert!(!log.path(name).exists(), "{name}");
    }
    let again = log.ask(&accept).ends(0).stdout;
    assert!(again.contains("nothing to accept"), "{again}");

    let server = Server::over(log.folder.path());
    let next = server.post("/v1/records", &gift("KB-10", 8)).of(201);
    assert_eq!(next.position(), Some(log.head + 1));
    assert!(server.terminate().success());
    Server::over(log.folder.path());
}

#[test]
fn commands_read_a_log_that_was_set_back_and_write_nothing() {
    let log = SetBack::new();
    let evidence = log.checkpoints();
    let accept = "'outlay restore --accept-rollback'";
    for question in ["rates", "replay", "lines", "events"] {
        log.ask(&[question]).ends(0).says(accept);
    }
    let record = ["record", "-", "--data", log.data()];
    let said = run_with(&record, &gift("KB-10", 8))
        .ends(3)
        .says(accept)
        .stderr;
    assert_eq!(
        said.matches("the log ends at").count(),
        2,
        "the warning, and the reason: {said}"
    );
    let judged = run_with(&[&record[..], &["--dry-run"]].concat(), &gift("KB-10", 8)).ends(3);
    assert!(
        judged.stdout.contains("0 would be recorded"),
        "{}",
        judged.stdout
    );
    let server = log.served();
    let record = ["record", "-", "--server", &server.address];
    let told = run_with(&record, &gift("KB-10", 8)).ends(3).stdout;
    assert!(told.contains(accept), "{told}");
    assert!(server.terminate().success());

    let other = tempdir().expect("a folder");
    let other = text(other.path());
    for (from, to) in [(log.data(), other), (other, log.data())] {
        let migrate = ["migrate", "--from", from, "--to", to];
        if from == other {
            run_with(&["record", "-", "--data", other], "").ends(0);
        }
        run(&migrate).ends(3).says(accept);
    }
    assert_eq!(log.checkpoints(), evidence);
    assert!(named(log.folder.path(), "outlay.migration").is_empty());
}

#[test]
fn what_is_half_accepted_is_accepted_by_the_next_attempt() {
    let log = SetBack::new();
    let aside = format!("{INDEX}.rollback-{}", log.witnessed);
    fs::rename(log.path(INDEX), log.path(&aside)).expect("as a crash between both leaves it");
    let server = log.served();
    log.is_read_only(&server);
    assert!(server.terminate().success());
    log.ask(&["restore", "--accept-rollback"]).ends(0);
    assert_eq!(named(log.folder.path(), INDEX), [aside]);
    assert_eq!(named(log.folder.path(), FIGURES).len(), 1);
    Server::over(log.folder.path());
}

#[test]
fn the_newest_file_put_in_its_place_goes_on() {
    let log = SetBack::new();
    let older = fs::read(log.path("outlay.db")).expect("a log");
    fs::remove_file(log.path("outlay.db")).expect("it vanishes");
    let server = log.served();
    log.is_read_only(&server);
    // Killed, so that nothing it wrote is tidied up.
    server.kill();
    fs::write(log.path("outlay.db"), older).expect("it is put back");
    let server = log.served();
    log.is_read_only(&server);
    assert_eq!(server.get(RATES).of(200).position(), Some(log.head));
}

#[test]
fn a_log_that_is_replaced_under_a_server_acknowledges_nothing_more() {
    let folder = tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    Server::over(folder.path());
    fs::copy(path("outlay.db"), path("older")).expect("a copy");
    let server = Server::over(folder.path());
    let mut last = None;
    for record in little_history().lines() {
        last = server.post("/v1/records", record).of(201).position();
    }
    for name in ["outlay.db-wal", "outlay.db-shm"] {
        fs::remove_file(path(name)).expect("it is there");
    }
    fs::rename(path("older"), path("outlay.db")).expect("it is replaced");

    // What was recorded may be gone with the file, so that it is not told as recorded either.
    let known = little_history()
        .lines()
        .next()
        .expect("a record")
        .to_owned();
    for record in [known, gift("KB-9", 7)] {
        let told = server.post("/v1/records", &record).of(503).json();
        assert_eq!(told["type"], "/problems/read-only");
    }
    let is_read_only = |server: &Process, why: &str| {
        let answer = server.get("/readyz").of(503);
        let told = answer.json();
        assert_eq!(told["type"], "/problems/read-only");
        assert_eq!(told["position"].as_u64(), last);
        assert!(answer.body.contains(why), "{}", answer.body);
    };
    is_read_only(&server, "outlay.db is another file");
    assert_eq!(server.get(RATES).of(200).position(), last);
    // What it has acknowledged, it bears witness of.
    server.kill();
    let server = served(folder.path());
    is_read_only(&server, "bears witness");
}

/// What was not moved into a file that is gone belongs to no other one.
#[test]
fn what_a_log_left_that_is_gone_is_moved_into_no_other() {
    let folder = tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let server = Server::over(folder.path());
    let (first, last) = (allocation("QD-1", 5), allocation("QD-2", 5));
    server.post("/v1/records", &first).of(201);
    assert!(server.terminate().success());
    fs::copy(path("outlay.db"), path("older")).expect("a copy");
    let server = Server::over(folder.path());
    let position = server.post("/v1/records", &last).of(201).position();
    fs::remove_file(path("outlay.db")).expect("it is there");
    // Nobody has to record to hear of it.
    let told = server.get("/readyz").of(503).json();
    assert_eq!(told["position"].as_u64(), position);
    assert!(server.terminate().success());
    assert_eq!(named(folder.path(), "outlay.db-wal").len(), 1);
    assert!(!path("outlay.db-wal").exists());

    fs::rename(path("older"), path("outlay.db")).expect("it is put back");
    let server = served(folder.path());
    let told = server.get("/readyz").of(503).json();
    assert_eq!(told["type"], "/problems/read-only");
    assert_eq!(told["position"].as_u64(), position);
}

/// What is damaged where only the figures read it ends a command, which waited for ever.
#[test]
fn a_damaged_file_ends_a_command() {
    let folder = tempdir().expect("a folder");
    let log = folder.path().join("outlay.db");
    let data = text(folder.path());
    let gifts: String = (0..400)
        .map(|it| gift(&format!("G-{it}"), 7) + "\n")
        .collect();
    run_with(&["record", "-", "--data", data], &gifts).ends(0);
    run(&["rates", "--data", data]).ends(0);
    let page = 4096;
    let mut bytes = fs::read(&log).expect("a log");
    let middle = bytes.len() / page / 2 * page;
    bytes[middle..middle + page].fill(0x55);
    fs::write(&log, bytes).expect("it is damaged");
    for question in ["rates", "replay"] {
        run(&[question, "--data", data]).ends(3);
    }
}
