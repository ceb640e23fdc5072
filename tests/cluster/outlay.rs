//! Outlay on a cluster, as the tests ask it that run over a folder too: two nodes over one log,
//! which are asked in turn by a client that remembers what it was told.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use tempfile::{TempDir, tempdir};

use crate::process::{Answer, Process};
pub(crate) use crate::process::{Run, command, run, run_with, signal, text};
use crate::site::{Node, Site};

/// A question that every node answers at once.
const ANY: &str = "/v1/events?limit=1";

/// How often both are asked again, until they know the same.
const ASKED_AGAIN: usize = 100;

/// A log of its own, gone with the test, and two nodes over it from when it is first asked.
pub(crate) struct Log {
    nodes: OnceLock<Server>,
    folder: TempDir,
}

impl Log {
    /// One without records.
    pub(crate) fn new() -> Self {
        Self {
            nodes: OnceLock::new(),
            folder: tempdir().expect("a folder"),
        }
    }

    /// The folder that stands for it, in which a test may keep files too.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a command comes to that works on it.
    pub(crate) fn ask(&self, flags: &[&str]) -> Run {
        self.nodes().ask(flags)
    }

    /// What `outlay record` comes to with these rows.
    pub(crate) fn record(&self, rows: &str) -> Run {
        self.nodes().record(rows)
    }

    /// The same, with flags.
    pub(crate) fn record_with(&self, flags: &[&str], rows: &str) -> Run {
        self.nodes().record_with(flags, rows)
    }

    fn nodes(&self) -> &Server {
        self.nodes.get_or_init(|| Server::over(self.folder()))
    }
}

/// Two nodes over one log, and a client of both: it asks them in turn, and each for at least what
/// it was told before. What it records it sends to them in turn, too.
pub(crate) struct Server {
    nodes: [Node; 2],
    told: AtomicU64,
    turn: AtomicUsize,
    _log: Option<Arc<TempDir>>,
}

/// The data folder that a demo leaves in `folder`.
pub(crate) fn demo_in(folder: &Path) -> PathBuf {
    let data = folder.join("data");
    let demo = ["demo", "--data", text(&data), "--listen", "127.0.0.1:0"];
    assert!(Process::with(&demo).terminate().success());
    data
}

/// The demo's log on a cluster, and two nodes over it; who asks for it meanwhile shares the
/// cluster.
pub(crate) fn demo() -> Server {
    static DEMO: Mutex<Weak<TempDir>> = Mutex::new(Weak::new());
    let mut shared = DEMO.lock().unwrap_or_else(PoisonError::into_inner);
    let log = shared.upgrade().unwrap_or_else(|| {
        let folder = Arc::new(tempdir().expect("a folder"));
        let data = demo_in(folder.path());
        let to = Site::of(folder.path()).connection_string();
        run(&["migrate", "--from", text(&data), "--to", &to]).ends(0);
        folder
    });
    *shared = Arc::downgrade(&log);
    drop(shared);
    Server {
        _log: Some(Arc::clone(&log)),
        ..Server::over(log.path())
    }
}

impl Server {
    /// Two nodes over the log that `folder` stands for, started at once; they take records.
    pub(crate) fn over(folder: &Path) -> Self {
        let site = Site::of(folder);
        let nodes = [site.launch(), site.launch()];
        for node in &nodes {
            node.process.ready();
        }
        Self {
            nodes,
            told: AtomicU64::default(),
            turn: AtomicUsize::default(),
            _log: None,
        }
    }

    /// What `path` answers.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_as(path, "application/json")
    }

    /// What `path` answers in this form: at the same position the same bytes, whoever is asked.
    pub(crate) fn get_as(&self, path: &str, accept: &str) -> Answer {
        let [first, second] = self.in_turn();
        let ask = |process: &Process| {
            let told = self.told.load(Ordering::SeqCst).to_string();
            let headers = [("Accept", accept), ("Outlay-At-Least", &told)];
            let answer = process.try_get(path, &headers);
            self.hear(answer.expect("an answer"))
        };
        // In between the nodes may have recorded something themselves, such as an alert.
        for _ in 0..ASKED_AGAIN {
            let (one, other) = (ask(first), ask(second));
            if one.position() == other.position() {
                assert_eq!(one.status, other.status, "{path}: {}", other.body);
                assert_eq!(one.body, other.body, "{path}");
                return one;
            }
        }
        panic!("{path}: the nodes never know the same");
    }

    /// What `path` answers to a record; a node is not told what the client knows.
    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        let [node, _] = self.in_turn();
        self.hear(node.post(path, body))
    }

    /// What the batch endpoint answers.
    pub(crate) fn try_batch(&self, rows: &str) -> Result<Answer, ureq::Error> {
        let [node, _] = self.in_turn();
        node.try_batch(rows).map(|answer| self.hear(answer))
    }

    /// Where its log can be asked, as flags of a command: all of them answer alike.
    pub(crate) fn places(&self) -> [[&str; 2]; 2] {
        self.in_turn().map(|node| self.place(node))
    }

    /// What a command comes to that asks it.
    pub(crate) fn ask(&self, flags: &[&str]) -> Run {
        self.command(flags, "")
    }

    /// What `outlay record` comes to that sends it these rows.
    pub(crate) fn record(&self, rows: &str) -> Run {
        self.record_with(&[], rows)
    }

    fn record_with(&self, flags: &[&str], rows: &str) -> Run {
        self.command(&[&["record", "-"], flags].concat(), rows)
    }

    fn command(&self, flags: &[&str], input: &str) -> Run {
        let [node, _] = self.in_turn();
        let place = self.place(node);
        let run = run_with(&[flags, &place].concat(), input);
        // The command was told, and whoever typed it asks for no less from now on.
        self.hear(node.get(ANY));
        run
    }

    /// A node as the place that a command asks, once it has what the client was told.
    fn place<'n>(&self, node: &'n Process) -> [&'n str; 2] {
        let told = self.told.load(Ordering::SeqCst).to_string();
        let answer = node.try_get(ANY, &[("Outlay-At-Least", &told)]);
        answer.expect("an answer").of(200);
        ["--server", &node.address]
    }

    /// The nodes, another one first each time.
    fn in_turn(&self) -> [&Process; 2] {
        let [one, other] = &self.nodes;
        match self.turn.fetch_add(1, Ordering::SeqCst) % 2 {
            0 => [&one.process, &other.process],
            _ => [&other.process, &one.process],
        }
    }

    /// Takes note of the position that an answer tells.
    fn hear(&self, answer: Answer) -> Answer {
        let told = answer.position().unwrap_or_default();
        self.told.fetch_max(told, Ordering::SeqCst);
        answer
    }

    /// What runs of it.
    pub(crate) fn processes(&self) -> Vec<u32> {
        self.nodes
            .iter()
            .map(|node| node.process.process())
            .collect()
    }

    /// Ends both at once, with `kill -9`.
    pub(crate) fn kill(self) {
        let [one, other] = self.nodes;
        one.kill();
        other.kill();
    }
}
