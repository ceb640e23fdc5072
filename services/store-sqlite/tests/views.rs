//! The views give auditors every value in the form they know.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod folder;

use std::sync::Arc;

use events::log::{EventId, Origin, Stored, StreamName};
use events::time::RecordedAt;
use folder::Folder;
use rusqlite::Connection;
use store::{Append, EventStore, Expected, ManualClock, NewEvent, NoSeal};
use store_sqlite::SqliteStore;
use uuid::Uuid;

/// A log of one line's events, closed.
async fn recorded(events: &[(&str, &str)]) -> (Folder, Connection) {
    let folder = Folder::new();
    let start = RecordedAt::parse("2025-03-14T01:02:03.000045Z").unwrap();
    let store = SqliteStore::open(folder.path(), Arc::new(ManualClock::new(start))).unwrap();
    let event = |(number, (name, data)): (u128, &(&str, &str))| NewEvent {
        id: EventId(Uuid::from_u128(number)),
        origin: Origin {
            actor: "kho-bạc-10".to_owned(),
            correlation_id: Uuid::from_u128(0xc0),
            causation_id: None,
        },
        event: Stored {
            name: (*name).to_owned(),
            version: 1,
            data: (*data).to_owned(),
        },
    };
    let append = Append {
        stream: StreamName::from_stored("line-NTM.10.2024.central.investment"),
        expected: Expected::NoStream,
        events: (1..).zip(events).map(event).collect(),
    };
    store.append(append, &NoSeal::shared()).await.unwrap();
    drop(store);
    let file = Connection::open(folder.path().join("outlay.db")).unwrap();
    (folder, file)
}

/// The rows of a query, each as `column:type=value` joined by spaces.
fn rows(file: &Connection, query: &str) -> Vec<String> {
    let mut select = file.prepare(query).unwrap();
    let names: Vec<_> = select.column_names().map(str::to_owned).collect();
    let row = |row: &rusqlite::Row<'_>| {
        let value = |(index, name)| {
            let value: rusqlite::types::Value = row.get(index).unwrap();
            format!("{name}={value:?}")
        };
        let values: Vec<_> = names.iter().enumerate().map(value).collect();
        Ok(values.join(" "))
    };
    let found: Result<Vec<_>, _> = select.query_map([], row).unwrap().collect();
    found.unwrap()
}

#[tokio::test]
async fn the_log_is_readable() {
    let data = r#"{"reference":"QĐ-1","amount":"9000000000000000001"}"#;
    let (_folder, file) = recorded(&[("line.allocated", data)]).await;
    assert_eq!(
        rows(
            &file,
            "SELECT position, recorded_at, stream, revision, event, version, actor, id, data \
             FROM event_log"
        ),
        [[
            "position=Integer(1)",
            r#"recorded_at=Text("2025-03-14T01:02:03.000045Z")"#,
            r#"stream=Text("line-NTM.10.2024.central.investment")"#,
            "revision=Integer(0)",
            r#"event=Text("line.allocated")"#,
            "version=Integer(1)",
            r#"actor=Text("kho-bạc-10")"#,
            r#"id=Text("00000000000000000000000000000001")"#,
            &format!("data=Text({data:?})"),
        ]
        .join(" ")]
    );
}

#[tokio::test]
async fn columns_are_typed() {
    let (_folder, file) = recorded(&[
        ("line.allocated", r#"{"reference":"QD-1","effective_on":"2024-01-05","amount":"9000000000000000001","vintage":2023}"#),
        ("line.adjusted", r#"{"reference":"QD-2","change":"-5"}"#),
        ("line.committed", r#"{"reference":"HD-1","amount":"70","until":"2024-12-31"}"#),
        ("line.disbursed", r#"{"reference":"CT-1","amount":"60","commitment":"HD-1","kind":"advance"}"#),
        ("line.recovered", r#"{"reference":"CT-2","amount":"50","advance":"CT-1"}"#),
        ("line.transferred_out", r#"{"reference":"DC-1","amount":"4"}"#),
        ("line.reversed", r#"{"reference":"CT-2","reason":"sai"}"#),
    ])
    .await;
    let select = |columns: &str, view: &str| rows(&file, &format!("SELECT {columns} FROM {view}"));
    assert_eq!(
        select(
            "programme, province, year, source, type, amount, change, vintage, effective_on",
            "allocations"
        ),
        [
            r#"programme=Text("NTM") province=Text("10") year=Integer(2024) source=Text("central") type=Text("investment") amount=Integer(9000000000000000001) change=Null vintage=Integer(2023) effective_on=Text("2024-01-05")"#,
            r#"programme=Text("NTM") province=Text("10") year=Integer(2024) source=Text("central") type=Text("investment") amount=Null change=Integer(-5) vintage=Null effective_on=Null"#,
        ]
    );
    assert_eq!(
        select("reference, amount, until", "commitments"),
        [r#"reference=Text("HD-1") amount=Integer(70) until=Text("2024-12-31")"#]
    );
    assert_eq!(
        select("event, amount, kind, commitment, advance", "disbursements"),
        [
            r#"event=Text("line.disbursed") amount=Integer(60) kind=Text("advance") commitment=Text("HD-1") advance=Null"#,
            r#"event=Text("line.recovered") amount=Integer(50) kind=Null commitment=Null advance=Text("CT-1")"#,
        ]
    );
    assert_eq!(select("amount", "transfers"), ["amount=Integer(4)"]);
    assert_eq!(
        select("reference, reason", "reversals"),
        [r#"reference=Text("CT-2") reason=Text("sai")"#]
    );
}

#[tokio::test]
async fn views_of_another_text_are_made_anew() {
    let (folder, file) = recorded(&[("line.disbursed", r#"{"amount":"60"}"#)]).await;
    file.execute_batch(
        "DROP VIEW disbursements; CREATE VIEW disbursements AS SELECT 1 AS old; \
         CREATE VIEW my_own AS SELECT position FROM events",
    )
    .unwrap();
    let clock = Arc::new(store::SystemClock);
    drop(SqliteStore::open(folder.path(), clock).unwrap());
    assert_eq!(
        rows(&file, "SELECT amount FROM disbursements"),
        ["amount=Integer(60)"]
    );
    assert_eq!(rows(&file, "SELECT * FROM my_own"), ["position=Integer(1)"]);
}
