//! Prometheus' tools: where they are, and what they say. They are never installed from here.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of the repository.
pub(crate) fn top() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut above = here.ancestors();
    above
        .find(|it| it.join("Cargo.lock").is_file())
        .expect("the tests stand in the repository")
        .to_owned()
}

/// A file under `deploy/`, which is there.
#[track_caller]
pub(crate) fn deployed(path: &str) -> PathBuf {
    let path = top().join("deploy").join(path);
    assert!(path.is_file(), "there is no {}", path.display());
    path
}

/// The text of a file under `deploy/`.
#[track_caller]
pub(crate) fn text_of(path: &str) -> String {
    fs::read_to_string(deployed(path)).expect("text")
}

/// The first of these tools that is there: under `target/tools`, or on the `PATH`.
#[track_caller]
pub(crate) fn find(names: &[&str]) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let ours = top().join("target/tools/usr/bin");
    let mut folders = std::iter::once(ours).chain(env::split_paths(&path));
    let found = folders.find_map(|folder| {
        let mut files = names.iter().map(|name| folder.join(name));
        files.find(|file| file.is_file())
    });
    found.unwrap_or_else(|| panic!("there is no {}: run tests/tools", names.join(" or ")))
}

/// Runs a tool, which must be content, and gives what it printed.
#[track_caller]
pub(crate) fn run(name: &str, arguments: &[&str]) -> String {
    run_on(name, arguments, "")
}

/// Runs a tool over `input`; it must be content. Gives what it printed.
#[track_caller]
pub(crate) fn run_on(name: &str, arguments: &[&str], input: &str) -> String {
    match try_run(name, arguments, input) {
        Ok(said) => said,
        Err(said) => panic!("{name} {}: {said}", arguments.join(" ")),
    }
}

/// Runs a tool over `input`, and gives what it printed; as an error where it is not content.
#[track_caller]
pub(crate) fn try_run(name: &str, arguments: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new(find(&[name]))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a tool runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A tool that reads nothing may be gone already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("text");
    if output.status.success() {
        Ok(said)
    } else {
        Err(said)
    }
}
