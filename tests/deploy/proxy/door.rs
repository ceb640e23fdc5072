//! nginx over the file that is deployed. What is changed of it is said here and nothing else:
//! where it listens, where its nodes are, and the folder it writes to.

use std::fs::{self, File, Permissions};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::tools::{find, text_of};

/// The file that is tested.
pub(crate) const FILE: &str = "proxy/nginx.conf";

/// How long nginx may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// An nginx on ports of its own, stopped when it is dropped.
pub(crate) struct Door {
    child: Child,
    /// Where callers come.
    pub(crate) callers: SocketAddr,
    /// Where the metrics of each node are.
    pub(crate) metrics: [SocketAddr; 2],
    /// Where it says how it is.
    pub(crate) health: SocketAddr,
    folder: TempDir,
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Door {
    /// An nginx before nodes at these addresses that knows `users`, lines of names and hashes.
    #[track_caller]
    pub(crate) fn before(nodes: [SocketAddr; 2], users: &str) -> Self {
        // Somebody else may take a port between finding it free and listening there.
        let opened = (0..5).find_map(|_| Self::try_before(nodes, users));
        opened.expect("free ports")
    }

    /// `None` where a port was taken.
    #[track_caller]
    fn try_before(nodes: [SocketAddr; 2], users: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("users");
        fs::write(&file, users).expect("ours");
        // Started by root, nginx works as nobody, who has to get in and read it.
        for (path, mode) in [(folder.path(), 0o755), (&file, 0o644)] {
            fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
        }
        let free = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
        let [callers, first, second, health] =
            free.each_ref().map(|it| it.local_addr().expect("bound"));
        drop(free);
        let config = config(folder.path(), nodes, [callers, first, second, health]);
        fs::write(folder.path().join("nginx.conf"), config).expect("ours");
        let said = File::create(folder.path().join("said")).expect("ours");
        let mut child = Command::new(find(&["nginx"]))
            .arg("-p")
            .arg(folder.path())
            .args(["-e", "stderr", "-c", "nginx.conf"])
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .expect("nginx runs");
        let started = Instant::now();
        while TcpStream::connect(health).is_err() {
            if child.try_wait().expect("a child").is_some() {
                let said = fs::read_to_string(folder.path().join("said")).expect("text");
                assert!(said.contains("Address already in use"), "{said}");
                return None;
            }
            assert!(started.elapsed() < PATIENCE, "nginx does not listen");
            thread::sleep(Duration::from_millis(5));
        }
        Some(Self {
            child,
            callers,
            metrics: [first, second],
            health,
            folder,
        })
    }

    /// What it said of what went wrong.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).expect("text")
    }
}

/// The file, with the ports, nodes and paths of a test.
fn config(folder: &Path, nodes: [SocketAddr; 2], listen: [SocketAddr; 4]) -> String {
    let mut config = text_of(FILE);
    let folder = folder.display();
    let [callers, first, second, health] = listen.map(|it| format!("listen {it};"));
    for (from, to) in [
        // First: the folder of a test may be in there.
        (" /tmp/", format!(" {folder}/")),
        ("listen 8080;", callers),
        ("listen 8091;", first),
        ("listen 8092;", second),
        ("listen 127.0.0.1:8090;", health),
        ("127.0.0.1:8081", nodes[0].to_string()),
        ("127.0.0.1:8082", nodes[1].to_string()),
        (" /run/secrets/users;", format!(" {folder}/users;")),
    ] {
        assert!(config.contains(from), "{FILE} does not say '{from}'");
        config = config.replace(from, &to);
    }
    config
}
