//! Logs of numbered events, in folders of their own.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use events::log::{EventId, Origin, Stored, StreamName};
use store::{Append, AppendError, Appended, EventStore as _, NewEvent, NoSeal, SystemClock};
use store_sqlite::SqliteStore;
use uuid::Uuid;

use crate::folder::Folder;

/// The log in `folder`, to be written.
pub(crate) fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder, Arc::new(SystemClock)).unwrap()
}

/// Adds the event with this number to one of five streams.
pub(crate) async fn add(store: &SqliteStore, number: u128) -> Result<Appended, AppendError> {
    let stream = StreamName::new("line", number % 5);
    let expected = store.stream_head(&stream).await.unwrap().into();
    let event = NewEvent {
        id: EventId(Uuid::from_u128(number)),
        origin: Origin {
            actor: "local".to_owned(),
            correlation_id: Uuid::nil(),
            causation_id: None,
        },
        event: Stored {
            name: format!("line.tested_{}", number % 3),
            version: 1,
            data: format!("{{\"amount\":\"{number}\"}}"),
        },
    };
    let append = Append {
        stream,
        expected,
        events: vec![event],
    };
    store.append(append, &NoSeal::shared()).await
}

/// Adds the events with these numbers.
pub(crate) async fn extend(store: &SqliteStore, numbers: impl IntoIterator<Item = u128>) {
    for number in numbers {
        add(store, number).await.unwrap();
    }
}

/// The files of `folder` as they are now, in another one.
pub(crate) fn copy_of(folder: &Folder) -> Folder {
    let copy = Folder::new();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}
