//! What the deployed files say to the program, held against what the program knows: its flags and
//! variables as its sources name them, its settings as their example does. The program itself is
//! asked by tests of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::compose;
use crate::image::instructions;
use crate::tools::{text_of, top};

/// The program, as the image and the unit call it.
const PROGRAM: &str = "/usr/local/bin/outlay";

/// The sources of the program, one after the other.
fn sources() -> String {
    fn add(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, text);
            } else {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut text = String::new();
    add(&top().join("services/outlay/src"), &mut text);
    text
}

/// What one struct of the command line takes.
#[derive(Default)]
struct Taken {
    flags: BTreeSet<String>,
    /// The structs whose flags it takes too.
    flattened: Vec<String>,
}

/// The structs of the command line, by their names.
fn structs() -> BTreeMap<String, Taken> {
    let mut structs = BTreeMap::<String, Taken>::new();
    let (mut name, mut is_flag, mut is_flattened) = (String::new(), false, false);
    for line in sources().lines().map(str::trim) {
        if let Some((_, named)) = line.split_once("struct ") {
            name = named.split([' ', '(', ';']).next().unwrap().to_owned();
        }
        is_flag |= line.starts_with("#[arg(") && line.contains("long");
        is_flattened |= line == "#[command(flatten)]";
        let field = line.trim_start_matches("pub(crate) ");
        let Some((field, kind)) = field.split_once(": ") else {
            continue;
        };
        if line.starts_with(['#', '/']) || !(is_flag || is_flattened) {
            continue;
        }
        let taken = structs.entry(name.clone()).or_default();
        if is_flag {
            taken.flags.insert(format!("--{}", field.replace('_', "-")));
        } else {
            let kind = kind.trim_end_matches(',').rsplit("::").next();
            taken.flattened.extend(kind.map(str::to_owned));
        }
        (is_flag, is_flattened) = (false, false);
    }
    structs
}

/// The flags that a command takes, those of every command included.
fn flags(command: &str) -> BTreeSet<String> {
    let structs = structs();
    let first = command[..1].to_uppercase();
    let own = format!("{first}{}Flags", &command[1..]);
    let (mut flags, mut open) = (BTreeSet::new(), vec![own, "SharedFlags".to_owned()]);
    while let Some(name) = open.pop() {
        let taken = structs.get(&name);
        let taken = taken.unwrap_or_else(|| panic!("there is no {name}"));
        flags.extend(taken.flags.iter().cloned());
        open.extend(taken.flattened.iter().cloned());
    }
    flags
}

/// The variables that the program reads.
fn variables() -> BTreeSet<String> {
    let sources = sources();
    let quoted = sources.split("\"OUTLAY_").skip(1);
    let names = quoted.filter_map(|it| it.split_once('"'));
    names.map(|it| format!("OUTLAY_{}", it.0)).collect()
}

/// Each word of a call of the program that it would not know.
fn unknown<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut words = words.into_iter().skip_while(|it| *it == PROGRAM);
    let command = words.next().expect("a command");
    let flags = flags(command);
    let named = words.filter(|it| it.starts_with('-'));
    let unknown = named.filter(|it| !flags.contains(*it));
    unknown.map(str::to_owned).collect()
}

/// The words of a list such as `["a", "b"]`.
fn listed(text: &str) -> Vec<String> {
    serde_json::from_str(text).expect("a list of words")
}

#[test]
fn flags_and_variables_are_read_off_the_sources() {
    let serve = flags("serve");
    for flag in ["--listen", "--data", "--config", "--log-level"] {
        assert!(serve.contains(flag), "{flag}: {serve:?}");
    }
    assert!(flags("events").contains("--server"));
    assert!(!serve.contains("--server"));
    assert!(variables().contains("OUTLAY_CONFIG"));
    let call = [PROGRAM, "serve", "--lisen", "127.0.0.1:1", "--data", "x"];
    assert_eq!(unknown(call), ["--lisen"]);
}

#[test]
fn the_image_calls_the_program_as_it_is_called() {
    let mut calls = 0;
    for (name, rest) in instructions() {
        let call = match name.as_str() {
            "CMD" => listed(&rest),
            "HEALTHCHECK" => listed(rest.split_once("CMD ").expect("a call").1),
            "ENV" => panic!("{rest}: what is set here goes before a file"),
            _ => continue,
        };
        let words = call.iter().map(String::as_str);
        assert_eq!(unknown(words), [""; 0], "{name} {rest}");
        calls += 1;
    }
    assert_eq!(calls, 2);
    let instructions = instructions();
    let (_, program) = instructions
        .iter()
        .rfind(|it| it.0 == "ENTRYPOINT")
        .unwrap();
    assert_eq!(listed(program), [PROGRAM]);
}

#[test]
fn the_unit_calls_the_program_as_it_is_called() {
    let text = text_of("outlay.service");
    let calls = text.lines().filter_map(|it| it.strip_prefix("ExecStart="));
    let calls: Vec<_> = calls.collect();
    let [call] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert!(call.starts_with(PROGRAM));
    assert_eq!(unknown(call.split(' ')), [""; 0]);
}

#[test]
fn the_cluster_asks_its_nodes_by_what_the_program_knows() {
    let mut calls = 0;
    for (name, service) in compose::services() {
        let test = compose::texts(&service["healthcheck"]["test"]);
        if test.get(1).is_some_and(|it| it == PROGRAM) {
            let words = test[1..].iter().map(String::as_str);
            assert_eq!(unknown(words), [""; 0], "{name}");
            calls += 1;
        }
    }
    assert_eq!(calls, 2);
}

/// The settings that a file may have, as the example names them: `key`, or `table.key`.
fn settings() -> BTreeSet<String> {
    let text = text_of("outlay.example.toml");
    let lines = text.lines().filter_map(|it| it.strip_prefix('#'));
    keys(lines.filter(|it| !it.starts_with(' ')))
}

/// The keys of these lines of TOML, behind the names of their tables.
fn keys<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let (mut keys, mut table) = (BTreeSet::new(), String::new());
    for line in lines {
        if line.starts_with('[') {
            table = format!("{}.", line.trim_matches(['[', ']']));
        } else if let Some((key, _)) = line.split_once(" = ") {
            keys.insert(format!("{table}{key}"));
        }
    }
    keys
}

#[test]
fn the_nodes_of_the_cluster_are_told_what_the_program_knows() {
    let mut nodes = 0;
    let variables = variables();
    for (name, service) in compose::services() {
        let command = compose::texts(&service["command"]);
        if command.first().is_none_or(|it| it != "serve") {
            continue;
        }
        assert_eq!(
            unknown(command.iter().map(String::as_str)),
            [""; 0],
            "{name}"
        );
        let told = service["environment"].as_object().expect("variables");
        for variable in told.keys() {
            assert!(variables.contains(variable), "{name}: {variable}");
        }
        nodes += 1;
    }
    assert_eq!(nodes, 2);
    let text = text_of("cluster.toml");
    let set = keys(text.lines().filter(|it| !it.starts_with('#')));
    assert!(!set.is_empty());
    let unknown: Vec<_> = set.difference(&settings()).cloned().collect();
    assert_eq!(unknown, [""; 0]);
}

/// In its head too, which says how to set it up.
#[test]
fn the_unit_speaks_of_variables_and_settings_that_the_program_knows() {
    let text = text_of("outlay.service");
    let in_name = |it: char| it.is_ascii_uppercase() || it == '_';
    let words = text.split(|it| !in_name(it));
    let named: BTreeSet<_> = words.filter(|it| it.starts_with("OUTLAY_")).collect();
    assert!(!named.is_empty());
    let variables = variables();
    for name in named {
        assert!(variables.contains(name), "{name}");
    }
    let settings = settings();
    for (key, told) in [
        ("cache", "cache = \"/var/cache/outlay\""),
        ("webhook.secret_file", "secret_file = "),
    ] {
        assert!(text.contains(told), "{told}");
        assert!(settings.contains(key), "{key}: {settings:?}");
    }
}
