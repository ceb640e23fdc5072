//! A cluster that keeps one log, for as long as a test needs it, and the nodes of ours over it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use peer::{Cluster, Options};
use serde_json::Value;
use tempfile::{TempDir, tempdir};
use tokio::runtime::Runtime;

use crate::process::{Answer, Process, command, text};

/// Where clusters are started; they serve on threads of their own.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// The clusters of logs, by the folders that stand for them.
static SITES: Mutex<BTreeMap<PathBuf, Arc<Site>>> = Mutex::new(BTreeMap::new());

/// Most nodes of ours over one cluster.
const COPIES: usize = 8;

/// A cluster that keeps one log.
pub(crate) struct Site {
    cluster: Cluster,
    /// Where nodes keep their copies.
    folder: PathBuf,
    /// Which copies a node has.
    taken: Mutex<BTreeSet<usize>>,
}

/// A cluster of its own, gone with the test.
pub(crate) struct Fresh {
    pub(crate) site: Arc<Site>,
    pub(crate) folder: TempDir,
}

/// A node of ours with a copy of its own, which the next node finds.
pub(crate) struct Node {
    // The process ends before its copy is free.
    pub(crate) process: Process,
    copy: Copy,
}

/// A copy that one node has.
struct Copy {
    site: Arc<Site>,
    number: usize,
}

impl Site {
    /// The cluster of the log that `folder` stands for; the same as long as the folder is there.
    pub(crate) fn of(folder: &Path) -> Arc<Self> {
        fs::create_dir_all(folder).expect("a folder");
        let mut sites = SITES.lock().unwrap_or_else(PoisonError::into_inner);
        sites.retain(|folder, _| folder.exists());
        let site = sites
            .entry(folder.to_owned())
            .or_insert_with(|| Self::start(folder, Options::default()));
        Arc::clone(site)
    }

    /// A cluster like this, whose nodes of ours keep their copies in `folder`.
    fn start(folder: &Path, options: Options) -> Arc<Self> {
        let started = RUNTIME.block_on(Cluster::start(options));
        Self::over(started.expect("a cluster"), folder)
    }

    fn over(cluster: Cluster, folder: &Path) -> Arc<Self> {
        Arc::new(Self {
            cluster,
            folder: folder.to_owned(),
            taken: Mutex::default(),
        })
    }

    /// A command that finds the cluster in its environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command.env("OUTLAY_STORE", self.connection_string());
        command
    }

    /// `outlay serve` over this cluster, without a copy that is kept.
    pub(crate) fn serve(&self) -> Command {
        self.command(&["serve", "--listen", "127.0.0.1:0"])
    }

    /// Has its first node listen.
    pub(crate) fn up(&self) {
        RUNTIME.block_on(self.cluster.up(0)).expect("it listens");
    }

    /// Takes its first node down.
    pub(crate) fn down(&self) {
        RUNTIME.block_on(self.cluster.down(0));
    }

    /// Takes the node down that leads, and has another one lead.
    pub(crate) fn kill_leader(&self) {
        RUNTIME.block_on(self.cluster.kill_leader());
    }

    /// A node that was launched, with the first copy that is free.
    pub(crate) fn launch(self: &Arc<Self>) -> Node {
        let copy = Copy::take(self);
        let mut serve = self.serve();
        serve.args(["--cache", text(&copy.folder())]);
        Node {
            process: Process::launch(serve),
            copy,
        }
    }
}

impl Fresh {
    /// A cluster of one node.
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    /// A cluster like this.
    pub(crate) fn with(options: Options) -> Self {
        let folder = tempdir().expect("a folder");
        let site = Site::start(folder.path(), options);
        Self { site, folder }
    }

    /// A cluster of which no node listens yet.
    pub(crate) fn reserved() -> Self {
        let folder = tempdir().expect("a folder");
        let reserved = RUNTIME.block_on(Cluster::reserve(Options::default()));
        let site = Site::over(reserved.expect("ports"), folder.path());
        Self { site, folder }
    }

    /// A node of ours over it that takes records.
    pub(crate) fn node(&self) -> Node {
        let node = self.site.launch();
        node.process.ready();
        node
    }

    /// Two of them, which start at once.
    pub(crate) fn nodes(&self) -> [Node; 2] {
        let nodes = [self.site.launch(), self.site.launch()];
        for node in &nodes {
            node.process.ready();
        }
        nodes
    }
}

impl Node {
    /// The folder of its copy.
    pub(crate) fn cache(&self) -> PathBuf {
        self.copy.folder()
    }

    /// Ends it at once, with `kill -9`.
    pub(crate) fn kill(self) {
        self.process.kill();
    }

    /// Asks it to end, and waits until it has, well.
    pub(crate) fn terminate(self) {
        assert!(self.process.terminate().success());
    }

    /// What `path` answers to who was told of this position.
    pub(crate) fn at_least(&self, position: u64, path: &str) -> Answer {
        let position = position.to_string();
        let answer = self.try_get(path, &[("Outlay-At-Least", &position)]);
        answer.expect("an answer")
    }

    /// The events that `query` names, in log order, as this node knows them.
    pub(crate) fn events(&self, query: &str) -> Vec<Value> {
        let path = format!("/v1/events?{query}");
        let log = self.get_as(&path, "application/x-ndjson").of(200).body;
        let event = |line| serde_json::from_str(line).expect("JSON");
        log.lines().map(event).collect()
    }
}

impl Deref for Fresh {
    type Target = Arc<Site>;

    fn deref(&self) -> &Arc<Site> {
        &self.site
    }
}

impl Deref for Node {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

impl Deref for Site {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.cluster
    }
}

impl Copy {
    fn take(site: &Arc<Site>) -> Self {
        let mut taken = site.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let number = (0..COPIES).find(|number| taken.insert(*number));
        Self {
            site: Arc::clone(site),
            number: number.expect("fewer nodes"),
        }
    }

    fn folder(&self) -> PathBuf {
        self.site.folder.join(format!("copy-{}", self.number))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let taken = self.site.taken.lock();
        taken
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.number);
    }
}
