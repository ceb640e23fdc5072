//! What is opened, what is refused, and what the refusal says.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod folder;

use std::path::Path;
use std::sync::Arc;

use events::log::{EventId, Origin, Position, Revision, Stored, StreamName};
use folder::Folder;
use rusqlite::Connection;
use store::{Append, AppendError, EventStore, Expected, NewEvent, NoSeal, ReadError, SystemClock};
use store_sqlite::{OpenError, SqliteStore};
use uuid::Uuid;

fn append(rest: &str, expected: Expected, numbers: impl IntoIterator<Item = u128>) -> Append {
    let event = |number| NewEvent {
        id: EventId(Uuid::from_u128(number)),
        origin: Origin {
            actor: "local".to_owned(),
            correlation_id: Uuid::nil(),
            causation_id: None,
        },
        event: Stored {
            name: "line.disbursed".to_owned(),
            version: 1,
            data: "{}".to_owned(),
        },
    };
    Append {
        stream: StreamName::new("line", rest),
        expected,
        events: numbers.into_iter().map(event).collect(),
    }
}

fn open(folder: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(folder, Arc::new(SystemClock))
}

fn open_read_only(folder: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open_read_only(folder, Arc::new(SystemClock))
}

#[track_caller]
fn refusal(opened: Result<SqliteStore, OpenError>) -> String {
    match opened {
        Ok(_) => unreachable!("it was to be refused"),
        Err(error) => error.to_string(),
    }
}

/// A log of six events in two streams, damaged by `damage`, and what opening it says.
async fn refusal_after(damage: &str) -> String {
    let folder = Folder::new();
    let store = open(folder.path()).unwrap();
    let seal = NoSeal::shared();
    for (rest, numbers) in [("a", 1..=3), ("b", 4..=6)] {
        let append = append(rest, Expected::NoStream, numbers);
        store.append(append, &seal).await.unwrap();
    }
    drop(store);
    assert!(open(folder.path()).is_ok());
    // Otherwise what the checkpoint vouches for is not read.
    std::fs::remove_file(folder.path().join("index.checkpoint")).unwrap();
    let file = Connection::open(folder.path().join("outlay.db")).unwrap();
    file.execute_batch("DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_deleted")
        .unwrap();
    file.execute_batch(damage).unwrap();
    drop(file);
    let said = refusal(open(folder.path()));
    assert_eq!(refusal(open_read_only(folder.path())), said);
    said
}

#[tokio::test]
async fn names_the_first_wrong_position() {
    for (damage, said) in [
        (
            "DELETE FROM events WHERE position = 3",
            "at position 3: there is no such event, but there are later ones",
        ),
        (
            "DELETE FROM events WHERE position = 1",
            "at position 1: there is no such event, but there are later ones",
        ),
        (
            "UPDATE events SET revision = 1 WHERE position = 3",
            "at position 3: its revision is 1, and 2 was due",
        ),
        (
            "UPDATE events SET revision = 3 WHERE position = 5",
            "at position 5: its revision is 3, and 1 was due",
        ),
        (
            "UPDATE events SET id = (SELECT id FROM events WHERE position = 2) WHERE position = 5",
            "at position 5: it has the id of the event at position 2",
        ),
        (
            "UPDATE events SET recorded_at = (SELECT recorded_at FROM events WHERE position = 3) \
             WHERE position = 4",
            "at position 4: it was not recorded after the event before it",
        ),
        (
            "UPDATE events SET stream = 9 WHERE position = 6",
            "at position 6: its stream has no name",
        ),
        (
            "UPDATE events SET event = 9 WHERE position = 6",
            "at position 6: its event has no name",
        ),
        (
            "DELETE FROM streams WHERE code = 1",
            "at position 1: the stream with the code 2 is not the next one",
        ),
        (
            "INSERT INTO seals VALUES (7, x'00')",
            "at position 7: it is sealed, but there is no such event",
        ),
    ] {
        let expected = format!("outlay.db is damaged {said}");
        assert_eq!(refusal_after(damage).await, expected);
    }
}

#[tokio::test]
async fn refuses_a_later_format() {
    assert_eq!(
        refusal_after("PRAGMA user_version = 2").await,
        "outlay.db has the format 2, and this outlay knows no later one than 1"
    );
}

#[tokio::test]
async fn refuses_the_file_of_another_program() {
    let said = "outlay.db is not a log of outlay; choose another data folder";
    assert_eq!(refusal_after("PRAGMA application_id = 7").await, said);

    let folder = Folder::new();
    let file = folder.path().join("outlay.db");
    let other = Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE notes (text)").unwrap();
    drop(other);
    let before = std::fs::read(&file).unwrap();
    assert_eq!(refusal(open(folder.path())), said);
    assert_eq!(
        std::fs::read(&file).unwrap(),
        before,
        "it is left as it was"
    );

    std::fs::write(&file, "not a database at all, ".repeat(100)).unwrap();
    assert_eq!(refusal(open(folder.path())), said);
}

#[tokio::test]
async fn one_process_writes_at_a_time() {
    let folder = Folder::new();
    let store = open(folder.path()).unwrap();
    assert_eq!(
        refusal(open(folder.path())),
        format!(
            "the data folder '{}' is in use by another outlay process; \
             stop it, or use --server with its address",
            folder.path().display()
        )
    );
    drop(store);
    assert!(open(folder.path()).is_ok());
}

#[tokio::test]
async fn reads_beside_a_writer() {
    let folder = Folder::new();
    let missing = refusal(open_read_only(folder.path()));
    assert!(missing.ends_with("has no outlay.db"), "{missing}");

    let seal = NoSeal::shared();
    let writer = open(folder.path()).unwrap();
    let first = append("a", Expected::NoStream, 1..=3);
    writer.append(first, &seal).await.unwrap();
    let reader: Arc<dyn EventStore> = Arc::new(open_read_only(folder.path()).unwrap());
    assert_eq!(reader.head().await.unwrap(), writer.head().await.unwrap());

    let second = append("b", Expected::NoStream, 4..=6);
    writer.append(second.clone(), &seal).await.unwrap();
    assert_eq!(
        reader.read(Position::START, 10).await.unwrap(),
        writer.read(Position::START, 10).await.unwrap()
    );
    let last = EventId(Uuid::from_u128(6));
    assert_eq!(
        reader.find(last).await.unwrap(),
        writer.find(last).await.unwrap()
    );
    assert_eq!(
        reader.stream_head(&second.stream).await.unwrap(),
        Some(Revision(2))
    );
    let refused = reader.append(second, &seal).await;
    assert!(matches!(refused, Err(AppendError::ReadOnly(_))));

    // A follower of the reader learns of what the writer adds.
    let mut follower = reader.follow(Position(6));
    let third = append("c", Expected::NoStream, [7]);
    writer.append(third, &seal).await.unwrap();
    assert_eq!(follower.next_batch().await.unwrap().len(), 1);
}

#[tokio::test]
async fn events_cannot_be_changed_by_a_slip() {
    let folder = Folder::new();
    let store = open(folder.path()).unwrap();
    let one = append("a", Expected::NoStream, [1]);
    store.append(one, &NoSeal::shared()).await.unwrap();
    let file = Connection::open(folder.path().join("outlay.db")).unwrap();
    assert!(file.execute("DELETE FROM events", []).is_err());
    assert!(file.execute("UPDATE events SET data = ''", []).is_err());
}

#[tokio::test]
async fn a_reader_stops_at_damage_written_beside_it() {
    let folder = Folder::new();
    let store = open(folder.path()).unwrap();
    let one = append("a", Expected::NoStream, [1]);
    store.append(one, &NoSeal::shared()).await.unwrap();
    let reader = open_read_only(folder.path()).unwrap();
    let file = Connection::open(folder.path().join("outlay.db")).unwrap();
    file.execute_batch(
        "INSERT INTO events SELECT 3, stream, 1, event, recorded_at + 1, x'00112233445566778899aabbccddeeff', \
         correlation, causation, actor, data FROM events",
    )
    .unwrap();
    let refused = reader.read(Position(1), 10).await;
    assert!(matches!(
        refused,
        Err(ReadError::Damaged {
            position: Position(2),
            ..
        })
    ));
}
