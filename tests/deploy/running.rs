//! Alertmanager, or another server of Prometheus' kind, on a port of its own for as long as a test
//! wants it. It is stopped with no time to tidy up, so that stopping it is a crash too.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::tools::{find, top};

/// A server that runs until it is dropped.
pub(crate) struct Running {
    child: Child,
    /// Where it listens, without `http://`.
    pub(crate) address: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// The server that `command` starts, once it listens.
    #[track_caller]
    pub(crate) fn start(mut command: Command) -> Self {
        let child = command.stderr(Stdio::piped()).spawn();
        let mut child = child.expect("a server runs");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut said = String::new();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            said.push_str(&line);
            said.push('\n');
            let (_, address) = line.split_once("msg=\"Listening on\" address=")?;
            Some(address.trim().to_owned())
        });
        let address = address.unwrap_or_else(|| panic!("{command:?} ended: {said}"));
        // Who prints to a closed pipe ends.
        thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// An Alertmanager over the file `config`, which keeps what it must in `data`.
    #[track_caller]
    pub(crate) fn alertmanager(config: &Path, data: &Path, listen: &str) -> Self {
        let mut command = Command::new(find(&["prometheus-alertmanager", "alertmanager"]));
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", data.display()))
            .arg(format!("--web.listen-address={listen}"))
            .arg("--cluster.listen-address=");
        // The one that tests/tools unpacks reads its templates from where it is started.
        let templates = top().join("target/tools/usr/share/prometheus/alertmanager");
        if templates.is_dir() {
            command.current_dir(templates);
        }
        Self::start(command)
    }
}
