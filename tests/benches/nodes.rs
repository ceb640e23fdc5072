//! What the store over a cluster costs, beside the client's own appends with the same events: both
//! against the protocol peer in this process.
//!
//! The peer is no server. Its figures say what our side adds and what the client's side takes,
//! and nothing of EventStoreDB or KurrentDB. Flags: `--seconds N`, `--rounds N`, `--write` for
//! `NODES.md`.
#![expect(clippy::print_stdout, reason = "the table is for whoever runs it")]

#[expect(dead_code, reason = "the benchmark of appends uses the rest")]
mod disk;
mod measure;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use events::log::{EventId, Origin, Revision, Stored, StreamName};
use eventstore::{AppendToStreamOptions, EventData, StreamState};
use measure::{Client, Commits, Failure, Measured, Watched, drive};
use peer::{Cluster, Options};
use store::{Append, EventStore as _, Expected, NewEvent, NoObserver, NoSeal, SystemClock};
use store_eventstore::{EventStoreDb, Settings};
use store_sqlite::SqliteStore;
use uuid::Uuid;

const REPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/NODES.md");

/// Clients at once.
const CLIENTS: [usize; 2] = [1, 64];

/// The payload of a voucher, about 300 bytes.
const VOUCHER: &str = concat!(
    r#"{"reference":"CT-2024-0001234567","effective_on":"2024-03-01","#,
    r#""note":"Thanh toan khoi luong hoan thanh dot 3","document":{"number":"27/KBNN"},"#,
    r#""amount":"1782000000","kind":"payment","certainty":"confirmed","vintage":2024,"#,
    r#""commitment":"HD-2024-000123","project":"DA-2024-017","commune":"02710"}"#
);

/// One that appends to a stream of its own through the store: answered when the copy has it.
struct ByStore {
    store: Arc<EventStoreDb>,
    stream: StreamName,
    last: Option<Revision>,
}

impl Client for ByStore {
    async fn once(&mut self) -> Result<(), Failure> {
        let new = NewEvent {
            id: EventId(Uuid::new_v4()),
            origin: Origin {
                actor: "local".to_owned(),
                correlation_id: Uuid::new_v4(),
                causation_id: None,
            },
            event: Stored {
                name: "line.disbursed".to_owned(),
                version: 1,
                data: VOUCHER.to_owned(),
            },
        };
        let append = Append {
            stream: self.stream.clone(),
            expected: Expected::from(self.last),
            events: vec![new],
        };
        let appended = self.store.append(append, &NoSeal::shared()).await?;
        self.last = appended.places.last().map(|place| place.revision);
        Ok(())
    }
}

/// One that appends to a stream of its own by the client's own call: answered by the server.
struct ByClient {
    client: eventstore::Client,
    stream: String,
    last: StreamState,
}

impl Client for ByClient {
    async fn once(&mut self) -> Result<(), Failure> {
        let options = AppendToStreamOptions::default().stream_state(self.last);
        let event = EventData::binary("line.disbursed", VOUCHER.into()).id(Uuid::new_v4());
        let client = &self.client;
        let written = client.append_to_stream(self.stream.as_str(), &options, event);
        self.last = StreamState::StreamRevision(written.await?.next_expected_version);
        Ok(())
    }
}

async fn by_store(clients: usize, window: Duration) -> Result<Measured, Failure> {
    let cluster = Cluster::start(Options::default()).await?;
    let folder = disk::Folder::new("nodes")?;
    let commits = Arc::new(Commits::default());
    let copy = SqliteStore::open_copy(folder.path(), Arc::new(SystemClock), commits.clone())?;
    let settings = Settings::new(cluster.connection_string().parse()?);
    let store = EventStoreDb::open(
        settings,
        Arc::new(copy),
        Arc::new(SystemClock),
        Arc::new(NoObserver),
    )
    .await?;
    let store = Arc::new(store);
    let client = |number| ByStore {
        store: Arc::clone(&store),
        stream: StreamName::new("line", format_args!("NTM.{number}.2024.central.investment")),
        last: None,
    };
    let clients = (0..clients).map(client).collect();
    Ok(drive(clients, window, Watched::here(&commits)).await?.0)
}

async fn by_client(clients: usize, window: Duration) -> Result<Measured, Failure> {
    let cluster = Cluster::start(Options::default()).await?;
    let client = eventstore::Client::new(cluster.connection_string().parse()?)
        .map_err(|error| error.to_string())?;
    let client = |number| ByClient {
        client: client.clone(),
        stream: format!("line-{number}"),
        last: StreamState::NoStream,
    };
    let clients = (0..clients).map(client).collect();
    let commits = Commits::default();
    Ok(drive(clients, window, Watched::here(&commits)).await?.0)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let Some((seconds, rounds, write)) = flags()? else {
        println!("run it with `cargo bench -p tests --bench nodes`");
        return Ok(());
    };
    let window = Duration::from_secs(seconds);
    let mut text = format!(
        "# Appends over a cluster\n\nAgainst the protocol peer in the same process, which is no \
         server: it keeps events in memory, and shares the processors with both sides. These \
         figures say nothing of EventStoreDB or KurrentDB.\n`cargo bench -p tests --bench nodes -- \
         --write` on {}; {rounds} rounds of {seconds} s for each case, the middle one.\n\n\
         | clients | the store: appends/s | half within | 99 % within | the client's own call: \
         appends/s | half within | the store to the client |\n\
         | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        disk::machine(),
    );
    for clients in CLIENTS {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            theirs.push(by_client(clients, window).await?);
            ours.push(by_store(clients, window).await?);
        }
        let (Some(ours), Some(theirs)) = (Measured::median(&ours), Measured::median(&theirs))
        else {
            continue;
        };
        let ratio = ours.per_second * 10 / theirs.per_second.max(1);
        writeln!(
            text,
            "| {clients} | {} | {:?} | {:?} | {} | {:?} | {}.{} |",
            ours.per_second,
            ours.p50,
            ours.p99,
            theirs.per_second,
            theirs.p50,
            ratio / 10,
            ratio % 10,
        )?;
    }
    println!("\n{text}");
    if write {
        std::fs::write(REPORT, text)?;
    }
    Ok(())
}

/// Seconds, rounds, and whether to write; none where this is a build that only runs it.
fn flags() -> Result<Option<(u64, usize, bool)>, Failure> {
    let (mut seconds, mut rounds, mut write, mut bench) = (3, 3, false, false);
    let mut given = std::env::args().skip(1);
    while let Some(flag) = given.next() {
        let mut value = || given.next().ok_or(format!("{flag} needs a value"));
        match flag.as_str() {
            "--bench" => bench = true,
            "--write" => write = true,
            "--seconds" => seconds = value()?.parse::<u64>()?.max(1),
            "--rounds" => rounds = value()?.parse::<usize>()?.max(1),
            _ => return Err(format!("unknown flag {flag}").into()),
        }
    }
    Ok(bench.then_some((seconds, rounds, write)))
}
