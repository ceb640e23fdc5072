//! The image: what it is built from and who runs it, read off the files, since no test builds it.

use std::fs;

use crate::tools::{text_of, top};

/// The file that says how the image is made.
pub(crate) const FILE: &str = "Containerfile";

/// Whether an image is named with a tag that names a version of it.
pub(crate) fn is_pinned(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    let tag = name.split_once(':').map_or("", |(_, tag)| tag);
    tag.contains(|it: char| it.is_ascii_digit())
}

/// What the workspace says of itself, by key.
pub(crate) fn of_workspace(key: &str) -> String {
    let manifest = fs::read_to_string(top().join("Cargo.toml")).unwrap();
    let mut lines = manifest.lines();
    let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
    value.unwrap().trim_end_matches('"').to_owned()
}

/// The instructions of the file: each its name and what follows, on one line.
pub(crate) fn instructions() -> Vec<(String, String)> {
    let text = text_of(FILE).replace("\\\n", " ");
    let lines = text.lines().filter(|it| !it.starts_with('#'));
    let words = lines.filter_map(|line| line.split_once(' '));
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let both = words.map(|(name, rest)| (name.to_owned(), plain(rest)));
    both.collect()
}

fn all(name: &str) -> Vec<String> {
    let named = instructions().into_iter().filter(|it| it.0 == name);
    named.map(|it| it.1).collect()
}

/// Whether a path gets to who builds the image.
fn is_let_through(path: &str) -> bool {
    let rules = fs::read_to_string(top().join(".dockerignore")).unwrap();
    let mut lets = true;
    for rule in rules.lines().filter(|it| !it.starts_with('#')) {
        let (admits, pattern) = match rule.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, rule),
        };
        let is_met = match pattern.strip_prefix("**/") {
            Some(folder) => path.split('/').any(|it| it == folder),
            None => pattern == "*" || path == pattern || path.starts_with(&format!("{pattern}/")),
        };
        if is_met {
            lets = admits;
        }
    }
    lets
}

#[test]
fn what_it_is_built_on_is_pinned() {
    let bases = all("FROM");
    assert_eq!(bases.len(), 3);
    for base in bases {
        let image = base.split(' ').next().unwrap();
        assert!(is_pinned(image), "{image}");
    }
}

#[test]
fn a_tag_that_moves_is_found() {
    for moves in ["debian", "debian:latest", "host:5000/debian", "debian:slim"] {
        assert!(!is_pinned(moves), "{moves}");
    }
    assert!(is_pinned("host:5000/debian:13.6-slim"));
}

#[test]
fn what_is_built_is_what_is_locked() {
    let built = all("RUN").into_iter();
    let built: Vec<_> = built.filter(|it| it.contains("cargo build")).collect();
    assert_eq!(built.len(), 1);
    for flag in ["--release", "--locked", "-p outlay"] {
        assert!(built[0].contains(flag), "{flag}");
    }
    let rust = of_workspace("rust-version");
    assert!(all("FROM")[0].contains(&format!("rust:{rust}-")), "{rust}");
}

#[test]
fn nobody_in_particular_runs_it() {
    let instructions = instructions();
    let from = instructions.iter().rposition(|it| it.0 == "FROM").unwrap();
    let users = instructions[from..].iter().filter(|it| it.0 == "USER");
    let users: Vec<_> = users.map(|it| it.1.as_str()).collect();
    let [user] = users.as_slice() else {
        panic!("{users:?}");
    };
    let ids = user.split(':').map(|it| it.parse::<u32>().unwrap());
    assert!(ids.clone().count() == 2 && ids.clone().all(|it| it > 999));
}

#[test]
fn it_bears_the_version_of_the_workspace() {
    let version = format!(".version=\"{}\"", of_workspace("version"));
    assert!(all("LABEL")[0].contains(&version), "{version}");
    assert_eq!(all("STOPSIGNAL"), ["SIGTERM"], "what the service drains on");
}

/// Cargo wants every member to be there, whichever is built.
#[test]
fn all_of_the_workspace_gets_to_who_builds_it() {
    let manifest = fs::read_to_string(top().join("Cargo.toml")).unwrap();
    let (_, members) = manifest.split_once("members = [").unwrap();
    let (members, _) = members.split_once(']').unwrap();
    let members: Vec<_> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.contains(&"services/outlay"), "{members:?}");
    for member in members {
        let manifest = format!("{member}/Cargo.toml");
        assert!(is_let_through(&manifest), "{manifest}");
    }
    for file in ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"] {
        assert!(is_let_through(file), "{file}");
    }
    for copied in all("COPY") {
        let words = copied.split(' ').filter(|it| !it.starts_with("--"));
        let from = words.collect::<Vec<_>>()[0].to_owned();
        let is_of_stage = copied.contains("--from=");
        let is_there = from == "." || top().join(&from).is_file() && is_let_through(&from);
        assert!(is_of_stage || is_there, "{from}");
    }
}

#[test]
fn nothing_else_gets_into_a_layer() {
    for path in [
        ".git/config",
        "data/outlay.db",
        "deploy/.env",
        "deploy/secrets/users",
        "target/debug/outlay",
        "services/outlay/target/debug/outlay",
    ] {
        assert!(!is_let_through(path), "{path}");
    }
}
