//! Every name and version ever written has a golden file, which is never edited.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;

use super::facts::facts;
use super::*;
use crate::codec::DecodeError;
use crate::line::LineEvent;
use crate::log::Stored;
use crate::text::Dropped;

/// Where names and versions are written by hand.
const CODECS: [&str; 6] = [
    include_str!("../../line/codec.rs"),
    include_str!("../../register/codec.rs"),
    include_str!("../../schedule/mod.rs"),
    include_str!("../../statement/mod.rs"),
    include_str!("../../policy/mod.rs"),
    include_str!("../../alert/codec.rs"),
];

/// The names and versions that the codecs read: their arms `("name", version) =>`.
fn known() -> BTreeSet<(String, u16)> {
    let arms = CODECS.iter().flat_map(|source| source.split("=>"));
    let arm = |text: &str| {
        let (name, version) = text
            .trim_end()
            .strip_suffix(')')?
            .rsplit_once("(\"")?
            .1
            .split_once("\", ")?;
        Some((name.to_owned(), version.parse().ok()?))
    };
    arms.filter_map(arm).collect()
}

/// The golden files: their names less `.json`, and their bytes.
fn files() -> BTreeMap<String, String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/golden");
    let files = std::fs::read_dir(folder).unwrap().map(|file| {
        let path = file.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        let name = name.strip_suffix(".json").unwrap().to_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    });
    files.collect()
}

/// The name and version in the name of a file: `line.disbursed.v1.minimal`.
fn named_in(file: &str) -> (String, u16) {
    let (name, rest) = file.split_once(".v").unwrap();
    let version = rest.split('.').next().unwrap();
    (name.to_owned(), version.parse().unwrap())
}

fn stored(file: &str, data: &str) -> Stored {
    let (name, version) = named_in(file);
    let data = data.to_owned();
    Stored {
        name,
        version,
        data,
    }
}

#[test]
fn every_name_and_version_has_a_golden_file_and_no_file_has_another() {
    let names: BTreeSet<_> = files().keys().map(|file| named_in(file)).collect();
    assert_eq!(names, known());
    assert_eq!(names.len(), 27);
}

#[test]
fn every_golden_file_says_what_it_said() {
    let files = files();
    let expected: BTreeMap<_, _> = facts().into_iter().collect();
    assert!(files.keys().eq(expected.keys().copied()));
    for (file, event) in expected {
        let decoded = Event::decode(&stream_of(&event), &stored(file, &files[file]));
        assert_eq!(decoded.unwrap(), event, "{file}");
    }
}

#[test]
fn the_newest_version_is_written_as_its_golden_file() {
    let files = files();
    let newest = |name: &str| known().into_iter().filter(|(of, _)| of == name).max();
    for (file, event) in facts() {
        let written = event.encode();
        assert_eq!(
            newest(&written.name),
            Some((written.name.clone(), written.version))
        );
        if named_in(file).1 == written.version {
            assert_eq!(written, stored(file, &files[file]), "{file}");
        }
    }
}

#[test]
fn an_unknown_name_version_or_stream_stops_the_reader() {
    let stream = line(LINE).stream();
    let files = files();
    let data = &files["line.disbursed.v1"];
    for file in [
        "line.disbursed.v2",
        "line.disbursed.v0",
        "line.paid.v1",
        "schedule.set.v1",
    ] {
        let refused = Event::decode(&stream, &stored(file, data)).unwrap_err();
        assert!(matches!(refused, DecodeError::Unknown { .. }), "{file}");
    }
    let elsewhere = StreamName::from_stored("lines-NTM");
    let refused = Event::decode(&elsewhere, &stored("line.disbursed.v1", data)).unwrap_err();
    assert!(matches!(refused, DecodeError::Unknown { .. }));
}

#[test]
fn a_payload_of_another_shape_stops_the_reader() {
    let data = &files()["line.allocated.v1.minimal"];
    let wrong = [
        data.replace("\"1000000000000000000\"", "\"1000000000000000001\""),
        data.replace("\"1000000000000000000\"", "\"0\""),
        data.replace("\"1000000000000000000\"", "1000"),
        data.replace("2023-12-31", "2023-12-32"),
        data.replace("assigned", "given"),
        data.replace("amount", "sum"),
        data.replace('}', ""),
    ];
    for data in wrong {
        let refused = Event::decode(&line(LINE).stream(), &stored("line.allocated.v1", &data));
        assert!(
            matches!(refused.unwrap_err(), DecodeError::Payload { .. }),
            "{data}"
        );
    }
}

#[test]
fn what_cannot_be_decoded_whole_cannot_be_decoded_without_its_texts() {
    let wrong = [
        ("\"reference\"", "\"numbered\""),
        ("\"reason\":\"", "\"reason\":\"\\u0000"),
        ("\"reason\"", "\"because\""),
        ("\":\"", "\":\"\\u0007"),
        ("\":\"", "\":\"Đ"),
        ("\":\"", "\":[],\"was\":\""),
        ("\",\"", "\",\"note\":\"\",\""),
        ("\",\"", "\",\"document\":{\"uri\":7},\""),
        ("}", "}}"),
    ];
    let refused = |error: DecodeError| error.source().map(ToString::to_string);
    let mut compared = 0;
    for (file, data) in files().iter().filter(|(file, _)| file.starts_with("line.")) {
        let changed = wrong.map(|(from, to)| data.replacen(from, to, 1));
        for data in changed.iter().chain([data]) {
            let stored = stored(file, data);
            let whole = LineEvent::decode(&stored).map(|it| it.body.kind());
            let plain =
                LineEvent::<Dropped>::decode_with((&stored).into()).map(|it| it.body.kind());
            assert_eq!(plain.map_err(refused), whole.map_err(refused), "{data}");
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
}
