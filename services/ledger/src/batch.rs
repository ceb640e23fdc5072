//! Many records at once, each on its own: as if one came after the other, but those of different
//! streams side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::log::StreamName;
use events::names::LineId;
use events::record::RecordBody;

use crate::answer::Answer;
use crate::error::RecordError;
use crate::ledger::Inner;
use crate::past::Past;
use crate::record::{Request, event_id, is_reversal_of_transfer};
use crate::task::Task;

/// Most records of one stream that queue up at once.
const CHUNK: usize = 1_000;

/// How the records of a batch stand to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Each on its own.
    #[default]
    Each,
    /// All records of one line stand or fall together; a transfer belongs to the line it leaves.
    Atomic,
    /// Each is judged as if earlier ones stood, and nothing is kept.
    DryRun,
    /// Judged like `Atomic`, and nothing is kept.
    AtomicDryRun,
}

/// A row of a batch.
#[derive(Clone, Debug)]
pub enum BatchRow {
    /// A record.
    Record(Box<Request>),
    /// A row that could not be read, of this line if that much could be: refused already, it
    /// takes the others of its line along where they stand or fall together.
    Unreadable(Option<LineId>),
}

impl Mode {
    /// Whether what is judged well is kept.
    fn keeps(self) -> bool {
        match self {
            Self::Each | Self::Atomic => true,
            Self::DryRun | Self::AtomicDryRun => false,
        }
    }
}

/// A row with its number, from 0.
pub(crate) type Numbered = (usize, BatchRow);

/// What the record of the row with this number came to.
pub(crate) type Told = (usize, Result<Answer, RecordError>);

/// Rows that do not wait for each other.
#[derive(Default)]
struct Wave {
    /// Records of one stream each, by stream, with their numbers.
    single: BTreeMap<StreamName, Vec<(usize, Request)>>,
    /// Records of two streams.
    double: Vec<(usize, Request)>,
}

impl Inner {
    /// What becomes of every row; `None` of one that could not be read.
    pub(crate) async fn record_batch(
        self: &Arc<Self>,
        rows: Vec<BatchRow>,
        mode: Mode,
    ) -> Vec<Option<Result<Answer, RecordError>>> {
        let untold = |row: &BatchRow| match row {
            BatchRow::Record(_) => Some(Err(RecordError::Broken)),
            BatchRow::Unreadable(_) => None,
        };
        let mut results: Vec<_> = rows.iter().map(untold).collect();
        if let Err(error) = self.vouch().await {
            let unread =
                |row: Option<_>| row.map(|_: Result<Answer, RecordError>| Err(error.clone()));
            return results.into_iter().map(unread).collect();
        }
        let rows = rows.into_iter().enumerate().collect();
        let (mut told, rows) = self.repeats(rows, mode.keeps()).await;
        told.extend(match mode {
            Mode::Each => self.record_each(rows).await,
            Mode::Atomic => self.record_atomic(rows).await,
            Mode::DryRun => self.dry_run(rows, false).await,
            Mode::AtomicDryRun => self.dry_run(rows, true).await,
        });
        for (number, result) in told {
            if let Some(slot) = results.get_mut(number) {
                *slot = Some(result);
            }
        }
        results
    }

    /// The first answers to rows that are recorded already, and all other rows: what is recorded
    /// stands whatever becomes of those, and needs nothing but to be told. Where nothing is kept,
    /// a transfer that is in transit stays there.
    pub(crate) async fn repeats(
        self: &Arc<Self>,
        rows: Vec<Numbered>,
        keeps: bool,
    ) -> (Vec<Told>, Vec<Numbered>) {
        let (mut recorded, mut rest) = (BTreeMap::<_, Vec<_>>::new(), Vec::new());
        for (number, row) in rows {
            let found = match &row {
                BatchRow::Record(request) => self.find(event_id(&request.record)).await,
                BatchRow::Unreadable(_) => Ok(None),
            };
            match found {
                Ok(Some(found)) => {
                    let stream = found.stream.clone();
                    recorded.entry(stream).or_default().push((number, found));
                }
                // Whoever judges the row meets the failure again, and tells it.
                Ok(None) | Err(_) => rest.push((number, row)),
            }
        }
        let mut tasks = tokio::task::JoinSet::new();
        for (stream, recorded) in recorded {
            let inner = Arc::clone(self);
            tasks.spawn(async move {
                let (mut past, mut told) = (Past::new(stream), Vec::new());
                for (number, recorded) in recorded {
                    let answer = if keeps {
                        inner.replay(recorded, &mut past).await
                    } else {
                        inner.look_back(recorded, &mut past).await
                    };
                    told.push((number, answer));
                }
                told
            });
        }
        (all_told(tasks).await, rest)
    }

    /// Records every row on its own, in an order in which each sees what earlier rows did.
    async fn record_each(self: &Arc<Self>, rows: Vec<Numbered>) -> Vec<Told> {
        let mut told = Vec::new();
        for wave in waves(rows) {
            let mut tasks = tokio::task::JoinSet::new();
            for (stream, requests) in wave.single {
                let inner = Arc::clone(self);
                tasks.spawn(async move { inner.record_stream(stream, requests).await });
            }
            for (number, request) in wave.double {
                let inner = Arc::clone(self);
                tasks.spawn(async move { vec![(number, inner.record(request).await)] });
            }
            told.extend(all_told(tasks).await);
        }
        told
    }

    /// Records the requests of one stream in their order, in as few appends as they fit into.
    async fn record_stream(
        self: Arc<Self>,
        stream: StreamName,
        requests: Vec<(usize, Request)>,
    ) -> Vec<Told> {
        let mut results = Vec::with_capacity(requests.len());
        let mut past = Past::new(stream.clone());
        for chunk in requests.chunks(CHUNK) {
            let mut tasks = Vec::with_capacity(chunk.len());
            for (_, request) in chunk {
                tasks.push(self.task(event_id(&request.record), request).await);
            }
            let tasks: Vec<Task> = match tasks.into_iter().collect() {
                Ok(tasks) => tasks,
                Err(error) => {
                    let failed = |(number, _): &(usize, Request)| {
                        (*number, Err(RecordError::from(error.clone())))
                    };
                    results.extend(chunk.iter().map(failed));
                    continue;
                }
            };
            let ids: Vec<_> = tasks.iter().map(|task| task.id).collect();
            let done = self.desks.submit(stream.clone(), tasks, false).await;
            for (((number, request), id), done) in chunk.iter().zip(ids).zip(done) {
                results.push((
                    *number,
                    self.conclude(id, request.clone(), done, &mut past).await,
                ));
            }
        }
        results
    }
}

/// What all of `tasks` tell; one that panicked tells nothing.
async fn all_told(mut tasks: tokio::task::JoinSet<Vec<Told>>) -> Vec<Told> {
    let mut told = Vec::new();
    while let Some(done) = tasks.join_next().await {
        told.extend(done.unwrap_or_default());
    }
    told
}

/// Splits rows into waves. Rows of one stream share a wave, where their order is kept; a row of two
/// streams waits for every earlier row of either, and later rows of either for it. Rows of the
/// registers and schedules, and reversals of transfers, wait for everything, and everything for
/// them: other streams are judged by what they say.
fn waves(rows: Vec<Numbered>) -> Vec<Wave> {
    let mut planned = Plan::default();
    for (number, row) in rows {
        if let BatchRow::Record(request) = row {
            planned.add(number, *request);
        }
    }
    planned.waves
}

#[derive(Default)]
struct Plan {
    waves: Vec<Wave>,
    /// The first wave that later rows may be in.
    floor: usize,
    /// The first wave in which a stream is free for rows of its own.
    free: BTreeMap<StreamName, usize>,
    /// The first wave after every row of a stream.
    after: BTreeMap<StreamName, usize>,
}

impl Plan {
    fn add(&mut self, number: usize, request: Request) {
        let stream = request.record.stream();
        let (_, to) = request.record.lines();
        if stands_alone(&request) {
            let at = self.waves.len();
            self.floor = at + 1;
            self.wave(at).double.push((number, request));
        } else if let Some(to) = to {
            let streams = [stream, to.stream()];
            let known = |stream| self.after.get(stream).copied();
            let at = streams
                .iter()
                .filter_map(known)
                .max()
                .unwrap_or(0)
                .max(self.floor);
            for stream in streams {
                self.free.insert(stream.clone(), at + 1);
                self.after.insert(stream, at + 1);
            }
            self.wave(at).double.push((number, request));
        } else {
            let at = self.free.get(&stream).copied().unwrap_or(0).max(self.floor);
            let after = self.after.entry(stream.clone()).or_default();
            *after = (*after).max(at + 1);
            self.wave(at)
                .single
                .entry(stream)
                .or_default()
                .push((number, request));
        }
    }

    fn wave(&mut self, at: usize) -> &mut Wave {
        while self.waves.len() <= at {
            self.waves.push(Wave::default());
        }
        #[expect(clippy::indexing_slicing, reason = "made above, if it was not there")]
        &mut self.waves[at]
    }
}

/// Whether a row waits for everything, and everything for it.
fn stands_alone(request: &Request) -> bool {
    match &request.record.body {
        RecordBody::Line(..) => is_reversal_of_transfer(&request.record),
        RecordBody::Schedule(_)
        | RecordBody::Registration(_)
        | RecordBody::Merger(_)
        | RecordBody::Policy(_) => true,
        RecordBody::Statement(_) => false,
    }
}
