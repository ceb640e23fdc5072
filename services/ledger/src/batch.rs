//! Many records at once, each on its own: as if one came after the other, but those of different
//! streams side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::log::StreamName;
use events::names::LineId;
use events::record::RecordBody;

use crate::answer::Answer;
use crate::desk::Task;
use crate::error::RecordError;
use crate::ledger::Inner;
use crate::past::Past;
use crate::record::{Request, event_id, is_reversal_of_transfer};

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

/// What a row came to; `None` for one that could not be read.
pub(crate) type RowResult = Option<Result<Answer, RecordError>>;

/// Rows that do not wait for each other.
#[derive(Default)]
struct Wave {
    /// Records of one stream each, by stream, with their numbers.
    single: BTreeMap<StreamName, Vec<(usize, Request)>>,
    /// Records of two streams.
    double: Vec<(usize, Request)>,
}

impl Inner {
    /// Records every row on its own, in an order in which each sees what earlier rows did.
    pub(crate) async fn record_each(self: &Arc<Self>, rows: Vec<BatchRow>) -> Vec<RowResult> {
        let mut results: Vec<RowResult> = rows.iter().map(|_| None).collect();
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
            while let Some(done) = tasks.join_next().await {
                for (number, result) in done.unwrap_or_default() {
                    if let Some(slot) = results.get_mut(number) {
                        *slot = Some(result);
                    }
                }
            }
        }
        results
    }

    /// Records the requests of one stream in their order, in as few appends as they fit into.
    async fn record_stream(
        self: Arc<Self>,
        stream: StreamName,
        requests: Vec<(usize, Request)>,
    ) -> Vec<(usize, Result<Answer, RecordError>)> {
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

/// Splits rows into waves. A row waits for the last earlier one that shares a stream with it and
/// is not a record of that stream alone; rows of the registers and schedules wait for everything,
/// and everything for them, since other streams are judged by what they say.
fn waves(rows: Vec<BatchRow>) -> Vec<Wave> {
    let mut waves: Vec<Wave> = vec![Wave::default()];
    let (mut floor, mut last) = (0, BTreeMap::<StreamName, usize>::new());
    for (number, row) in rows.into_iter().enumerate() {
        let BatchRow::Record(request) = row else {
            continue;
        };
        let stream = request.record.stream();
        let (from, to) = request.record.lines();
        let alone = match &request.record.body {
            RecordBody::Line(..) => is_reversal_of_transfer(&request.record),
            RecordBody::Schedule(_) | RecordBody::Registration(_) | RecordBody::Merger(_) => true,
            RecordBody::Statement(_) => false,
        };
        let at = if alone {
            let at = waves.len();
            floor = at + 1;
            at
        } else if let Some(to) = from.and(to) {
            let streams = [stream.clone(), to.stream()];
            let busy = |wave: &Wave| {
                streams.iter().any(|it| wave.single.contains_key(it))
                    || wave
                        .double
                        .iter()
                        .any(|(_, other)| touches(other, &streams))
            };
            let after = waves
                .iter()
                .rposition(busy)
                .map_or(floor, |wave| (wave + 1).max(floor));
            last.extend(streams.map(|stream| (stream, after + 1)));
            after
        } else {
            last.get(&stream).copied().unwrap_or(floor).max(floor)
        };
        while waves.len() <= at {
            waves.push(Wave::default());
        }
        if let Some(wave) = waves.get_mut(at) {
            if alone || to.is_some() {
                wave.double.push((number, *request));
            } else {
                wave.single
                    .entry(stream)
                    .or_default()
                    .push((number, *request));
            }
        }
    }
    waves
}

fn touches(request: &Request, streams: &[StreamName]) -> bool {
    let (from, to) = request.record.lines();
    from.into_iter()
        .chain(to)
        .any(|line| streams.contains(&line.stream()))
}
