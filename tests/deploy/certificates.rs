//! The certificates of a cluster, made by the script that the cluster starts with, and judged by
//! openssl as strictly as it can.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::tools::{self, deployed, find};

const NODES: [&str; 3] = ["kurrentdb1", "kurrentdb2", "kurrentdb3"];

/// The folder that certificates are made in.
struct Made(TempDir);

impl Made {
    fn new() -> Self {
        let made = Self(tempfile::tempdir().unwrap());
        made.make();
        made
    }

    /// Runs the script, as at each start of the cluster.
    #[track_caller]
    fn make(&self) {
        let openssl = find(&["openssl"]);
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = openssl.parent().map(Path::to_owned).into_iter();
        let folders = folders.chain(env::split_paths(&path));
        let output = Command::new("sh")
            .arg(deployed("certificates/make"))
            .arg(self.0.path())
            .args(NODES)
            .env("PATH", env::join_paths(folders).unwrap())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }

    fn file(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn bytes(&self, path: &str) -> Vec<u8> {
        fs::read(self.file(path)).unwrap()
    }

    fn mode(&self, path: &str) -> u32 {
        let metadata = fs::metadata(self.file(path)).unwrap();
        metadata.permissions().mode() & 0o777
    }

    /// What openssl says of a node's certificate where it is used for `purpose` under `name`.
    fn verify(&self, node: &str, purpose: &str, name: &str) -> Result<String, String> {
        let trusted = self.file("trusted/ca.crt");
        let certificate = self.file(&format!("{node}/node.crt"));
        let strict = [
            "verify",
            "-x509_strict",
            "-purpose",
            purpose,
            "-verify_hostname",
            name,
            "-CAfile",
            trusted.to_str().unwrap(),
            certificate.to_str().unwrap(),
        ];
        tools::try_run("openssl", &strict, "")
    }

    /// Whether a node's key is that of its certificate.
    #[track_caller]
    fn assert_pair(&self, node: &str) {
        let path = |name: &str| self.file(&format!("{node}/{name}"));
        let (certificate, key) = (path("node.crt"), path("node.key"));
        let certificate = [
            "x509",
            "-noout",
            "-pubkey",
            "-in",
            certificate.to_str().unwrap(),
        ];
        let key = ["pkey", "-pubout", "-in", key.to_str().unwrap()];
        let [certificate, key] = [&certificate[..], &key].map(|it| tools::run("openssl", it));
        assert_eq!(certificate, key, "{node}");
    }
}

/// Nodes are servers to Outlay and to each other, and clients of each other.
#[test]
fn each_node_is_known_by_its_names_as_a_server_and_as_a_client() {
    let made = Made::new();
    for node in NODES {
        for purpose in ["sslserver", "sslclient"] {
            made.verify(node, purpose, node).unwrap();
            made.verify(node, purpose, "localhost").unwrap();
        }
        made.assert_pair(node);
    }
}

#[test]
fn no_node_passes_for_another() {
    let made = Made::new();
    for (node, other) in NODES.into_iter().zip(NODES.into_iter().cycle().skip(1)) {
        let said = made.verify(node, "sslserver", other).unwrap_err();
        assert!(said.contains("hostname mismatch"), "{said}");
    }
}

/// By which a node takes another for one of its own.
#[test]
fn all_nodes_bear_one_common_name() {
    let made = Made::new();
    for node in NODES {
        let path = made.file(&format!("{node}/node.crt"));
        let path = path.to_str().unwrap();
        let subject = tools::run("openssl", &["x509", "-in", path, "-noout", "-subject"]);
        assert_eq!(subject.replace(' ', ""), "subject=CN=eventstoredb-node\n");
    }
}

#[test]
fn keys_are_for_their_owners_and_what_is_trusted_for_all() {
    let made = Made::new();
    assert_eq!(made.mode("authority"), 0o700);
    assert_eq!(made.mode("authority/ca.key"), 0o600);
    assert_eq!(made.mode("trusted/ca.crt"), 0o444);
    for node in NODES {
        assert_eq!(made.mode(node), 0o755);
        assert_eq!(made.mode(&format!("{node}/node.key")), 0o400);
        assert_eq!(made.mode(&format!("{node}/node.crt")), 0o444);
        let files = fs::read_dir(made.file(node)).unwrap();
        assert_eq!(files.count(), 2, "{node} holds its own alone");
    }
    assert_eq!(fs::read_dir(made.file("trusted")).unwrap().count(), 1);
}

#[test]
fn what_is_good_is_left_as_it_is() {
    let made = Made::new();
    let files = [
        "trusted/ca.crt",
        "kurrentdb1/node.crt",
        "kurrentdb3/node.key",
    ];
    let before = files.map(|it| made.bytes(it));
    made.make();
    assert_eq!(files.map(|it| made.bytes(it)), before);
}

#[test]
fn certificates_of_an_authority_that_is_gone_are_made_anew() {
    let made = Made::new();
    let before = made.bytes("kurrentdb2/node.crt");
    fs::remove_dir_all(made.file("authority")).unwrap();
    made.make();
    assert_ne!(made.bytes("kurrentdb2/node.crt"), before);
    made.verify("kurrentdb2", "sslserver", "kurrentdb2")
        .unwrap();
}

/// A run may end anywhere: here, when it had put the new key in its place.
#[test]
fn what_was_left_half_done_is_done_again() {
    let made = Made::new();
    let key = made.bytes("kurrentdb1/node.key");
    fs::remove_file(made.file("kurrentdb1/node.crt")).unwrap();
    fs::write(made.file("kurrentdb1/new.key"), "torn").unwrap();
    made.make();
    assert_ne!(made.bytes("kurrentdb1/node.key"), key);
    made.assert_pair("kurrentdb1");
}
