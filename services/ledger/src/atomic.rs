//! A batch whose records of one line stand or fall together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use events::log::StreamName;

use crate::batch::{BatchRow, Numbered, Told};
use crate::error::RecordError;
use crate::ledger::Inner;
use crate::past::Past;
use crate::record::{Request, event_id, is_reversal_of_transfer};

/// The rows of one stream.
type Group = (StreamName, Vec<Numbered>);

impl Inner {
    /// Records the rows of each line in one append, or none of them. Lines come in the order in
    /// which capital flows between them, then of their first row.
    pub(crate) async fn record_atomic(self: &Arc<Self>, rows: Vec<Numbered>) -> Vec<Told> {
        let mut told = Vec::new();
        for (stream, rows) in groups(rows) {
            told.extend(self.record_together(stream, rows).await);
        }
        told
    }

    async fn record_together(
        self: &Arc<Self>,
        stream: StreamName,
        rows: Vec<Numbered>,
    ) -> Vec<Told> {
        let (mut told, mut rows) = (Vec::new(), rows);
        if stand_apart(&rows) {
            // Another process may have recorded some of them, which judges the rest.
            if let Err(error) = self.desks.confirm().await {
                return all_fail(rows, error.into());
            }
            (told, rows) = self.repeats(rows, true).await;
        }
        if stand_apart(&rows) {
            told.extend(refused_together(rows));
            return told;
        }
        let requests = requests(rows);
        if requests
            .iter()
            .any(|(_, request)| is_reversal_of_transfer(&request.record))
        {
            for (number, request) in requests {
                told.push((number, self.record(request).await));
            }
            return told;
        }
        told.extend(self.append_together(stream, requests).await);
        told
    }

    async fn append_together(
        self: &Arc<Self>,
        stream: StreamName,
        requests: Vec<(usize, Request)>,
    ) -> Vec<Told> {
        let mut tasks = Vec::with_capacity(requests.len());
        for (_, request) in &requests {
            match self.task(event_id(&request.record), request).await {
                Ok(task) => tasks.push(task),
                Err(error) => {
                    let fails =
                        |(number, _): &(usize, Request)| (*number, Err(error.clone().into()));
                    return requests.iter().map(fails).collect();
                }
            }
        }
        let ids: Vec<_> = tasks.iter().map(|task| task.id).collect();
        let mut past = Past::new(stream.clone());
        let done = self.desks.submit(stream, tasks, true).await;
        let mut results = Vec::with_capacity(requests.len());
        for (((number, request), id), done) in requests.into_iter().zip(ids).zip(done) {
            results.push((number, self.conclude(id, request, done, &mut past).await));
        }
        results
    }
}

/// The records of `rows`.
pub(crate) fn requests(rows: Vec<Numbered>) -> Vec<(usize, Request)> {
    let request = |(number, row)| match row {
        BatchRow::Record(request) => Some((number, *request)),
        BatchRow::Unreadable(_) => None,
    };
    rows.into_iter().filter_map(request).collect()
}

/// Whether the rows of a line cannot stand or fall together: one could not be read, or is the
/// reversal of a transfer beside another record. That takes capital back from another line first,
/// and so cannot be taken back itself.
pub(crate) fn stand_apart(rows: &[Numbered]) -> bool {
    let mut records = BTreeSet::new();
    let mut reverses = false;
    for (_, row) in rows {
        let BatchRow::Record(request) = row else {
            return true;
        };
        reverses |= is_reversal_of_transfer(&request.record);
        records.insert(event_id(&request.record));
    }
    reverses && records.len() > 1
}

/// What is told of rows that stand apart: a reversal that it is to be sent by itself, where all
/// could be read.
pub(crate) fn refused_together(rows: Vec<Numbered>) -> Vec<Told> {
    let is_unreadable = |(_, row): &Numbered| matches!(row, BatchRow::Unreadable(_));
    let unreadable = rows.iter().any(is_unreadable);
    let refused = |(number, request): (usize, Request)| {
        let error = if !unreadable && is_reversal_of_transfer(&request.record) {
            RecordError::NotTogether
        } else {
            RecordError::FellTogether
        };
        (number, Err(error))
    };
    requests(rows).into_iter().map(refused).collect()
}

fn all_fail(rows: Vec<Numbered>, error: RecordError) -> Vec<Told> {
    let fails = |(number, _)| (number, Err(error.clone()));
    requests(rows).into_iter().map(fails).collect()
}

/// The rows of each stream, streams in the order in which they are recorded: one that capital
/// leaves before the one it goes to, else by their first row.
pub(crate) fn groups(rows: Vec<Numbered>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut numbers: BTreeMap<StreamName, usize> = BTreeMap::new();
    let mut flows: BTreeMap<StreamName, BTreeSet<StreamName>> = BTreeMap::new();
    for (number, row) in rows {
        let stream = match &row {
            BatchRow::Record(request) => request.record.stream(),
            BatchRow::Unreadable(Some(line)) => line.stream(),
            BatchRow::Unreadable(None) => continue,
        };
        if let BatchRow::Record(request) = &row
            && let (Some(_), Some(to)) = request.record.lines()
        {
            flows.entry(to.stream()).or_default().insert(stream.clone());
        }
        let group = *numbers.entry(stream.clone()).or_insert_with(|| {
            groups.push((stream, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, rows)) = groups.get_mut(group) {
            rows.push((number, row));
        }
    }
    in_flow(groups, &flows)
}

/// Groups with those that capital comes from first; where it flows in a circle, by their order.
fn in_flow(groups: Vec<Group>, flows: &BTreeMap<StreamName, BTreeSet<StreamName>>) -> Vec<Group> {
    let order: BTreeMap<StreamName, usize> = (0..)
        .zip(&groups)
        .map(|(number, (stream, _))| (stream.clone(), number))
        .collect();
    let (mut waits_for, mut feeds) = (vec![0_usize; groups.len()], BTreeMap::new());
    for (stream, sources) in flows {
        let Some(to) = order.get(stream) else {
            continue;
        };
        for from in sources
            .iter()
            .filter_map(|source| order.get(source))
            .filter(|from| *from != to)
        {
            feeds.entry(*from).or_insert_with(Vec::new).push(*to);
            if let Some(count) = waits_for.get_mut(*to) {
                *count += 1;
            }
        }
    }
    let is_free = |number: &usize| waits_for.get(*number) == Some(&0);
    let mut free: BTreeSet<usize> = (0..groups.len()).filter(is_free).collect();
    let mut waiting: BTreeMap<usize, Group> = (0..).zip(groups).collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while let Some(next) = free.pop_first().or_else(|| waiting.keys().next().copied()) {
        let Some(group) = waiting.remove(&next) else {
            continue;
        };
        ordered.push(group);
        for to in feeds.remove(&next).unwrap_or_default() {
            if let Some(count) = waits_for.get_mut(to) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    free.insert(to);
                }
            }
        }
    }
    ordered
}
