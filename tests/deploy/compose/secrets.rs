//! The secrets of the compose file: none stands in a file of the repository, none has a default,
//! and what is missing is said at once.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{FILE, services};
use crate::tools::{text_of, top};
use crate::yaml;

/// The variables that have to be given, by what the file says where one is not.
fn demanded() -> BTreeSet<String> {
    let text = text_of(FILE);
    let names = text.split("${").skip(1).filter_map(|it| {
        let (name, told) = it.split('}').next()?.split_once(":?")?;
        assert!(told.contains("deploy/.env"), "{told}");
        Some(name.to_owned())
    });
    names.collect()
}

/// The settings of the example, each with what stands there, those that are commented out included.
fn example() -> Vec<(String, String)> {
    let text = text_of("env.example");
    let lines = text.lines().map(|it| it.trim_start_matches('#'));
    let settings = lines
        .filter(|it| !it.starts_with(' '))
        .filter_map(|line| line.split_once('='));
    let both = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    both.collect()
}

fn is_secret(name: &str) -> bool {
    let words = ["PASSWORD", "SECRET", "TOKEN", "CREDENTIAL"];
    words.iter().any(|it| name.contains(it))
}

#[test]
fn every_secret_is_asked_for_and_none_has_a_default() {
    let mut count = 0;
    for (name, service) in services() {
        let told = service["environment"].as_object().into_iter().flatten();
        for (key, value) in told.filter(|it| is_secret(it.0)) {
            let value = value.as_str().expect("a text");
            let is_asked = value.starts_with("${") && value.find(":?") < value.find('}');
            let is_all = value.find('}') == Some(value.len() - 1);
            assert!(is_asked && is_all, "{name}: {key}={value}");
            count += 1;
        }
    }
    assert_eq!(count, 3 * 2 + 1, "two for each log, and Grafana's");
}

#[test]
fn the_password_of_the_log_is_asked_for() {
    for node in super::NODES {
        let store = super::told(&super::service(node), "OUTLAY_STORE");
        let (_, password) = store.split_once("://admin:").expect("who it is");
        assert!(password.starts_with("${KURRENTDB_ADMIN_PASSWORD:?"));
    }
}

#[test]
fn the_example_names_all_that_is_asked_for_and_tells_none() {
    let secret = example().into_iter().filter(|it| is_secret(&it.0));
    let secret: Vec<_> = secret.collect();
    assert!(secret.iter().all(|it| it.1.is_empty()), "{secret:?}");
    let names: BTreeSet<_> = secret.into_iter().map(|it| it.0).collect();
    assert_eq!(names, demanded());
    let text = text_of(FILE);
    for (name, value) in example() {
        assert!(
            text.contains(&format!("${{{name}:")),
            "who asks for {name}?"
        );
        let is_default = text.contains(&format!("${{{name}:-{value}}}"));
        assert!(is_secret(&name) || is_default, "{name} is not {value}");
    }
    let head = text.lines().take_while(|it| it.starts_with('#'));
    let head: String = head.collect();
    for name in demanded() {
        let said = name.trim_end_matches("_PASSWORD");
        assert!(head.contains(said), "the head does not make {name}");
    }
}

#[test]
fn what_holds_secrets_is_kept_out_of_the_repository() {
    let ignored = fs::read_to_string(top().join(".gitignore")).unwrap();
    let file = yaml::read(FILE);
    let secrets = file["secrets"].as_object().expect("secrets").values();
    let files = secrets.map(|it| it["file"].as_str().expect("a file").to_owned());
    let mut count = 0;
    for path in files.chain(["./.env".to_owned()]) {
        let path = Path::new("/deploy").join(path.trim_start_matches("./"));
        let mut above = path.ancestors().filter_map(Path::to_str);
        let is_ignored = above.any(|path| ignored.lines().any(|line| line == path));
        assert!(is_ignored, "{}", path.display());
        count += 1;
    }
    assert_eq!(count, 2);
}

/// The files that are deployed, but for those that hold secrets and are kept out.
fn deployed(folder: &Path, look: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("deploy/secrets") || path.ends_with("deploy/.env") {
            continue;
        }
        if path.is_dir() {
            deployed(&path, look);
        } else {
            look(&path);
        }
    }
}

#[test]
fn no_known_password_and_no_key_stands_in_a_file() {
    let mut count = 0;
    deployed(&top().join("deploy"), &mut |path| {
        let text = fs::read_to_string(path).unwrap();
        // What servers are delivered with, and what keys and hashes begin with.
        for known in ["changeit", "PRIVATE KEY-----", "$apr1$", "$6$"] {
            assert!(!text.contains(known), "{known} in {}", path.display());
        }
        count += 1;
    });
    assert!(count > 10, "{count}");
}
