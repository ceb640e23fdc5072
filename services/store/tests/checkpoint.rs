//! A checkpoint comes back as it was written, or not at all.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use events::log::{EventId, Position};
use events::time::RecordedAt;
use store::Pace;
use store::checkpoint::{self, Anchor, Kind};
use tempfile::{TempDir, tempdir};
use uuid::Uuid;

const KIND: Kind = Kind {
    name: "index",
    version: 3,
};

fn anchor() -> Anchor {
    Anchor {
        position: Position(1_000_000),
        id: EventId(Uuid::from_u128(77)),
        recorded_at: RecordedAt::parse("2025-03-14T01:02:03.000045Z").unwrap(),
    }
}

/// A payload of several buffers.
fn payload() -> Vec<u8> {
    (0..700_001_u32)
        .map(|number| u8::try_from(number % 251).unwrap())
        .collect()
}

fn written() -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("index.checkpoint");
    checkpoint::write(&path, KIND, anchor(), |out| out.write_all(&payload())).unwrap();
    (folder, path)
}

fn load(path: &Path, kind: Kind) -> Option<Vec<u8>> {
    checkpoint::find(path, kind)?.load(checkpoint::Payload::rest)
}

#[test]
fn the_next_checkpoint_waits_for_an_eighth_of_a_large_log() {
    let pace = Pace { fewest: 10 };
    let due = |begun, head| pace.is_due(Position(begun), Position(head));
    assert!(!due(0, 9) && due(0, 10));
    assert!(!due(70, 79) && due(70, 80));
    assert!(!due(700, 798) && due(700, 799));
    assert!(!due(10, 5));
}

#[test]
fn what_was_written_comes_back() {
    let (_folder, path) = written();
    let found = checkpoint::find(&path, KIND).unwrap();
    assert_eq!(found.anchor(), anchor());
    assert_eq!(found.load(checkpoint::Payload::rest), Some(payload()));
}

#[test]
fn one_that_is_missing_counts_as_none() {
    let folder = tempdir().unwrap();
    assert_eq!(load(&folder.path().join("index.checkpoint"), KIND), None);
}

#[test]
fn one_that_is_torn_counts_as_none() {
    let (_folder, path) = written();
    let whole = fs::read(&path).unwrap();
    // Nothing, part of the magic, all but the end of the header, the header alone, part of the
    // payload, all but its last byte; and a byte too many.
    for length in [0, 5, 71, 72, 400_000, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(load(&path, KIND), None, "{length} bytes");
    }
    fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
    assert_eq!(load(&path, KIND), None, "a byte too many");
    fs::write(&path, &whole).unwrap();
    assert_eq!(load(&path, KIND), Some(payload()));
}

#[test]
fn one_with_a_flipped_bit_counts_as_none() {
    let (_folder, path) = written();
    let whole = fs::read(&path).unwrap();
    let everywhere = (0..80).chain([300_000, whole.len() - 1]);
    for at in everywhere {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        fs::write(&path, flipped).unwrap();
        assert_eq!(load(&path, KIND), None, "byte {at}");
    }
}

#[test]
fn one_of_another_kind_or_version_counts_as_none() {
    let (_folder, path) = written();
    for other in [
        Kind { version: 2, ..KIND },
        Kind { version: 4, ..KIND },
        Kind {
            name: "figures",
            ..KIND
        },
    ] {
        assert_eq!(load(&path, other), None, "{other:?}");
    }
}

#[test]
fn one_that_is_not_read_to_its_end_counts_as_none() {
    let (_folder, path) = written();
    let first = |payload: &mut checkpoint::Payload| payload.take::<8>();
    assert_eq!(checkpoint::find(&path, KIND).unwrap().load(first), None);
}

#[test]
fn one_that_asks_for_more_than_there_is_counts_as_none() {
    let (_folder, path) = written();
    let found = checkpoint::find(&path, KIND).unwrap();
    let more = found.load(|payload| {
        payload.rest()?;
        payload.take::<1>()
    });
    assert_eq!(more, None);
}

#[test]
fn a_failed_write_leaves_the_old_one() {
    let (folder, path) = written();
    let failed = checkpoint::write(&path, KIND, anchor(), |out| {
        out.write_all(b"half of it")?;
        Err(io::Error::other("the disk is full"))
    });
    assert_eq!(failed.unwrap_err().to_string(), "the disk is full");
    assert_eq!(load(&path, KIND), Some(payload()));
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "and nothing beside it");
}

#[test]
fn a_later_one_takes_the_place_of_the_old_one() {
    let (_folder, path) = written();
    let later = Anchor {
        position: Position(1_000_001),
        ..anchor()
    };
    checkpoint::write(&path, KIND, later, |out| out.write_all(b"later")).unwrap();
    assert_eq!(checkpoint::find(&path, KIND).unwrap().anchor(), later);
    assert_eq!(load(&path, KIND), Some(b"later".to_vec()));
}
