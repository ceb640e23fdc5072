//! Outlay over a data folder, as the tests ask it that run over a cluster too: a log on which
//! commands work, and a server over it.

use std::ops::Deref;
use std::path::Path;
use std::process::ExitStatus;

use tempfile::{TempDir, tempdir};

pub(crate) use crate::process::{Process, Run, command, run, run_command, run_with, signal, text};

/// A log of its own, gone with the test: a data folder.
pub(crate) struct Log(TempDir);

impl Log {
    /// One without records.
    pub(crate) fn new() -> Self {
        Self(tempdir().expect("a folder"))
    }

    /// The folder that stands for it, in which a test may keep files too.
    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// What a command comes to that works on it.
    pub(crate) fn ask(&self, flags: &[&str]) -> Run {
        run(&[flags, &["--data", text(self.folder())]].concat())
    }

    /// What `outlay record` comes to with these rows.
    pub(crate) fn record(&self, rows: &str) -> Run {
        self.record_with(&[], rows)
    }

    /// The same, with flags.
    pub(crate) fn record_with(&self, flags: &[&str], rows: &str) -> Run {
        let record = ["record", "-", "--data", text(self.folder())];
        run_with(&[&record, flags].concat(), rows)
    }
}

/// A demo over a temporary folder.
pub(crate) fn demo() -> Process {
    Process::with(&["demo", "--listen", "127.0.0.1:0"])
}

/// A server over a data folder.
pub(crate) struct Server {
    process: Process,
    data: String,
}

impl Server {
    /// A server over `folder` that takes records.
    pub(crate) fn over(folder: &Path) -> Self {
        let data = text(folder).to_owned();
        let process = Process::with(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]);
        Self { process, data }
    }

    /// Where its log can be asked, as flags of a command: all of them answer alike.
    pub(crate) fn places(&self) -> [[&str; 2]; 2] {
        [["--data", &self.data], ["--server", &self.address]]
    }

    /// What a command comes to that asks it.
    pub(crate) fn ask(&self, flags: &[&str]) -> Run {
        run(&[flags, &["--server", &self.address]].concat())
    }

    /// What `outlay record` comes to that sends it these rows.
    pub(crate) fn record(&self, rows: &str) -> Run {
        run_with(&["record", "-", "--server", &self.address], rows)
    }

    /// Ends it at once, with `kill -9`.
    pub(crate) fn kill(self) {
        self.process.kill();
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn terminate(self) -> ExitStatus {
        self.process.terminate()
    }

    /// Waits until it has ended.
    pub(crate) fn ended(self) -> ExitStatus {
        self.process.ended()
    }
}

impl Deref for Server {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}
