//! The shape of the workspace: who may depend on whom, what the domain may lean on, how long a
//! file may be, and what stands at the top. Read from cargo and from the disk, never by hand.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "all of it is a test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The arrows. One that is not listed is a defect.
const ARROWS: &str = "
events           → nothing of ours
projections      → events
store            → events
store-sqlite     → store, events
store-eventstore → store, events
transparency     → events
ledger           → store, projections, transparency, events
intake           → events, projections
reports          → events, projections
watch            → ledger, projections, events
access           → ledger, projections, events
api              → ledger, intake, reports, watch, access, projections, events
web              → ledger, intake, reports, watch, access, projections, events
outlay           → all of the above
peer             → nothing of ours
tests            → all of the above
";

/// What tests may name besides: the doubles of the port and of the cluster, never an adapter.
const DOUBLES: [&str; 2] = ["store", "peer"];

/// What `events` leans on.
const EVENTS_LEANS_ON: [&str; 6] = [
    "chrono",
    "rust_decimal",
    "serde",
    "serde_json",
    "thiserror",
    "uuid",
];

/// Most lines of a source file of ours.
const LINES: usize = 400;

/// What stands at the top of the repository.
const TOP: [&str; 20] = [
    ".cargo",
    ".ci",
    ".dockerignore",
    ".github",
    ".gitignore",
    "ARCHITECTURE.md",
    "DECISIONS.md",
    "SECURITY.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "deploy",
    "events",
    "projections",
    "rustfmt.toml",
    "services",
    "tests",
];

/// What a build and a run leave there, kept out of the repository.
const LEFT: [&str; 3] = [".git", "data", "target"];

/// A package of the workspace and what it depends on.
struct Package {
    name: String,
    ours: BTreeSet<String>,
    ours_in_tests: BTreeSet<String>,
    foreign: BTreeSet<String>,
}

fn top() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("the tests stand in the repository")
        .to_owned()
}

fn packages() -> Vec<Package> {
    let cargo = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(top())
        .output()
        .expect("cargo runs");
    assert!(
        cargo.status.success(),
        "{}",
        String::from_utf8_lossy(&cargo.stderr)
    );
    let metadata: Value = serde_json::from_slice(&cargo.stdout).expect("cargo answers JSON");
    list(&metadata["packages"]).iter().map(package).collect()
}

fn package(package: &Value) -> Package {
    let dependencies = list(&package["dependencies"]);
    let named = |is_ours: bool, is_for_tests: bool| {
        dependencies
            .iter()
            .filter(|it| it["source"].is_null() == is_ours)
            .filter(|it| (it["kind"] == "dev") == is_for_tests)
            .map(|it| text(&it["name"]))
            .collect()
    };
    Package {
        name: text(&package["name"]),
        ours: named(true, false),
        ours_in_tests: named(true, true),
        foreign: named(false, false),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let mut arrows = BTreeMap::<String, BTreeSet<String>>::new();
    for line in ARROWS.lines().filter(|line| !line.is_empty()) {
        let (from, to) = line.split_once('→').expect("an arrow");
        let to = match to.trim() {
            "nothing of ours" => BTreeSet::new(),
            "all of the above" => arrows.keys().cloned().collect(),
            to => to.split(", ").map(str::to_owned).collect(),
        };
        arrows.insert(from.trim().to_owned(), to);
    }
    arrows
}

#[test]
fn only_the_listed_arrows_are_there() {
    let arrows = arrows();
    for Package {
        name,
        ours,
        ours_in_tests,
        ..
    } in packages()
    {
        let listed = arrows
            .get(&name)
            .unwrap_or_else(|| panic!("'{name}' has no arrows"));
        let unlisted: Vec<&String> = ours.difference(listed).collect();
        assert!(unlisted.is_empty(), "{name} → {unlisted:?}");
        let is_allowed =
            |it: &&String| listed.contains(*it) || DOUBLES.contains(&it.as_str()) || **it == name;
        let unlisted: Vec<&String> = ours_in_tests.iter().filter(|it| !is_allowed(it)).collect();
        assert!(unlisted.is_empty(), "the tests of {name} → {unlisted:?}");
    }
}

#[test]
fn the_events_lean_on_little() {
    let events = packages()
        .into_iter()
        .find(|it| it.name == "events")
        .expect("events is there");
    let allowed = EVENTS_LEANS_ON.map(str::to_owned).into_iter().collect();
    let more: Vec<&String> = events.foreign.difference(&allowed).collect();
    assert!(more.is_empty(), "{more:?}");
}

#[test]
fn no_file_is_too_long() {
    let mut long = Vec::new();
    for folder in ["events", "projections", "services", "tests"] {
        each_source(&top().join(folder), &mut |path| {
            let lines = fs::read_to_string(path)
                .expect("a source is UTF-8")
                .lines()
                .count();
            if lines > LINES {
                long.push(format!("{}: {lines} lines", path.display()));
            }
        });
    }
    assert!(long.is_empty(), "split by meaning: {long:#?}");
}

fn each_source(folder: &Path, look: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).expect("a folder of ours") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("target") {
            each_source(&path, look);
        } else if path.extension().is_some_and(|it| it == "rs") {
            look(&path);
        }
    }
}

#[test]
fn nothing_else_stands_at_the_top() {
    for entry in fs::read_dir(top()).expect("the repository") {
        let name = entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("a plain name");
        let is_known = TOP.contains(&name.as_str()) || LEFT.contains(&name.as_str());
        assert!(is_known, "{name}");
    }
}

#[test]
fn a_folder_is_named_like_its_crate() {
    for folder in fs::read_dir(top().join("services")).expect("services") {
        let folder = folder.expect("an entry").path();
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        let name = folder
            .file_name()
            .and_then(|it| it.to_str())
            .expect("a plain name");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
