//! A PostgreSQL of our own, asked through its own `psql`, and stopped when it is dropped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::disk::Folder;
use crate::measure::Failure;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/postgres.sh");

/// What the script exits with where there is no PostgreSQL to compare with.
const ABSENT: i32 = 3;

/// A server over a folder of the benchmark.
pub(crate) struct Cluster {
    folder: PathBuf,
    bin: PathBuf,
    socket: PathBuf,
}

impl Cluster {
    /// Starts one in `folder` with so much memory for its pages; otherwise says why there is
    /// nothing to compare with.
    pub(crate) fn start(
        folder: &Folder,
        shared_buffers: &str,
    ) -> Result<Result<Self, String>, Failure> {
        let started = Command::new(SCRIPT)
            .arg("start")
            .arg(folder.path())
            .arg(std::process::id().to_string())
            .arg(shared_buffers)
            .output()?;
        let said = String::from_utf8_lossy(&started.stderr).trim().to_owned();
        if started.status.code() == Some(ABSENT) {
            return Ok(Err(said));
        }
        if !started.status.success() {
            return Err(format!("PostgreSQL did not start: {said}").into());
        }
        let answer = String::from_utf8_lossy(&started.stdout);
        let mut paths = answer.lines().map(PathBuf::from);
        let missing = "PostgreSQL's script did not say where it listens";
        Ok(Ok(Self {
            folder: folder.path().to_owned(),
            bin: paths.next().ok_or(missing)?,
            socket: paths.next().ok_or(missing)?,
        }))
    }

    /// The folder of the benchmark.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its version.
    pub(crate) fn version(&self) -> Result<String, Failure> {
        self.ask("SHOW server_version")
    }

    /// One of its programs, told where the server listens.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut program = Command::new(self.bin.join(name));
        program.args(["-U", "bench", "-h"]).arg(&self.socket);
        program
    }

    /// What it answers to `statement`.
    pub(crate) fn ask(&self, statement: &str) -> Result<String, Failure> {
        let answer = self
            .program("psql")
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
            .args(["-c", statement, "postgres"])
            .output()?;
        if !answer.status.success() {
            let said = String::from_utf8_lossy(&answer.stderr);
            return Err(format!("PostgreSQL refused: {said}").into());
        }
        Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = Command::new(SCRIPT);
        let stop = stop.arg("stop").arg(&self.folder).stdin(Stdio::null());
        if !stop.status().is_ok_and(|status| status.success()) {
            eprintln!("PostgreSQL was not stopped; it stops once this process has ended");
        }
    }
}
