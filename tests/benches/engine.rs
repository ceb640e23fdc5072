//! The embedded store alone, through the port: one voucher-sized event to an append.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use events::log::{EventId, Origin, Revision, Stored, StreamName};
use store::{Append, EventStore, Expected, NewEvent, NoSeal, Seal, SystemClock};
use store_sqlite::SqliteStore;
use uuid::Uuid;

use crate::measure::{Client, Commits, Failure, Measured, Watched, drive};
use crate::random::Sequence;

/// Most clients at once; streams are dealt out to them, so that no append meets a conflict.
const MOST_CLIENTS: usize = 512;

/// Streams; each has one event before anything is counted.
pub(crate) const STREAMS: usize = 98 * MOST_CLIENTS;

/// The payload of a voucher, about 300 bytes; PostgreSQL is given the same.
pub(crate) const VOUCHER: &str = concat!(
    r#"{"reference":"CT-2024-0001234567","effective_on":"2024-03-01","#,
    r#""note":"Thanh toan khoi luong hoan thanh dot 3","document":{"number":"27/KBNN"},"#,
    r#""amount":"1782000000","kind":"payment","certainty":"confirmed","vintage":2024,"#,
    r#""commitment":"HD-2024-000123","project":"DA-2024-017","commune":"02710"}"#
);

/// An engine over a fresh folder.
pub(crate) struct Engine {
    store: Arc<dyn EventStore>,
    commits: Arc<Commits>,
    streams: Vec<(StreamName, Option<Revision>)>,
}

impl Engine {
    /// Opens it and gives every stream its first event.
    pub(crate) async fn open(folder: &Path) -> Result<Self, Failure> {
        let commits = Arc::new(Commits::default());
        let store = SqliteStore::open_observed(folder, Arc::new(SystemClock), commits.clone())?;
        let name = |number| StreamName::new("line", format_args!("NTM.{number}.2024.central"));
        let mut engine = Self {
            store: Arc::new(store),
            commits,
            streams: (0..STREAMS).map(|number| (name(number), None)).collect(),
        };
        let filling = engine.deal(MOST_CLIENTS).into_iter().map(|mut client| {
            tokio::spawn(async move {
                for number in 0..client.streams.len() {
                    client.append(number).await?;
                }
                Ok::<_, Failure>(client)
            })
        });
        for client in filling.collect::<Vec<_>>() {
            engine.streams.extend(client.await??.streams);
        }
        Ok(engine)
    }

    /// What `clients` achieve.
    pub(crate) async fn measure(
        &mut self,
        clients: usize,
        window: Duration,
    ) -> Result<Measured, Failure> {
        let dealt = self.deal(clients);
        let (measured, clients) = drive(dealt, window, Watched::here(&self.commits)).await?;
        self.streams
            .extend(clients.into_iter().flat_map(|client| client.streams));
        Ok(measured)
    }

    /// Clients with streams of their own.
    fn deal(&mut self, clients: usize) -> Vec<Appender> {
        let mut streams = std::mem::take(&mut self.streams);
        let share = STREAMS.div_ceil(clients);
        let deal = |number| Appender {
            store: Arc::clone(&self.store),
            seal: NoSeal::shared(),
            streams: streams.split_off(streams.len().saturating_sub(share)),
            random: Sequence::new(number),
        };
        (0..clients).map(deal).collect()
    }
}

struct Appender {
    store: Arc<dyn EventStore>,
    seal: Arc<dyn Seal>,
    streams: Vec<(StreamName, Option<Revision>)>,
    random: Sequence,
}

impl Client for Appender {
    async fn once(&mut self) -> Result<(), Failure> {
        let number = self.random.below(self.streams.len());
        self.append(number).await
    }
}

impl Appender {
    async fn append(&mut self, number: usize) -> Result<(), Failure> {
        let (stream, last) = self
            .streams
            .get_mut(number)
            .ok_or("a client has no stream")?;
        let new = NewEvent {
            id: EventId(Uuid::new_v4()),
            origin: Origin {
                actor: "local".to_owned(),
                correlation_id: Uuid::from_u64_pair(self.random.next(), 0),
                causation_id: None,
            },
            event: Stored {
                name: "line.disbursed".to_owned(),
                version: 1,
                data: VOUCHER.to_owned(),
            },
        };
        let append = Append {
            stream: stream.clone(),
            expected: Expected::from(*last),
            events: vec![new],
        };
        let appended = self.store.append(append, &self.seal).await?;
        *last = appended.places.last().map(|place| place.revision);
        Ok(())
    }
}
