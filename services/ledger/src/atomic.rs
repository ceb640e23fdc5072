//! A batch whose records of one line stand or fall together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use events::log::StreamName;

use crate::answer::Answer;
use crate::batch::{BatchRow, RowResult};
use crate::error::RecordError;
use crate::ledger::Inner;
use crate::past::Past;
use crate::record::{Request, event_id, is_reversal_of_transfer};

/// The rows of one stream, with their numbers.
type Group = (StreamName, Vec<(usize, BatchRow)>);

impl Inner {
    /// Records the rows of each line in one append, or none of them. Lines come in the order in
    /// which capital flows between them, then of their first row.
    pub(crate) async fn record_atomic(self: &Arc<Self>, rows: Vec<BatchRow>) -> Vec<RowResult> {
        let mut results: Vec<RowResult> = rows.iter().map(|_| None).collect();
        for (stream, rows) in groups(rows) {
            for (number, result) in self.record_together(stream, rows).await {
                if let Some(slot) = results.get_mut(number) {
                    *slot = Some(result);
                }
            }
        }
        results
    }

    async fn record_together(
        self: &Arc<Self>,
        stream: StreamName,
        rows: Vec<(usize, BatchRow)>,
    ) -> Vec<(usize, Result<Answer, RecordError>)> {
        let (requests, unreadable) = readable(rows);
        match requests.as_slice() {
            [(number, request)] if !unreadable && is_reversal_of_transfer(&request.record) => {
                return vec![(*number, self.record(request.clone()).await)];
            }
            _ => {}
        }
        if let Some(refused) = refused_together(&requests, unreadable) {
            return refused;
        }
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

/// The rows that could be read, and whether one could not.
pub(crate) fn readable(rows: Vec<(usize, BatchRow)>) -> (Vec<(usize, Request)>, bool) {
    let (mut requests, mut unreadable) = (Vec::new(), false);
    for (number, row) in rows {
        match row {
            BatchRow::Record(request) => requests.push((number, *request)),
            BatchRow::Unreadable(_) => unreadable = true,
        }
    }
    (requests, unreadable)
}

/// What is refused before it is judged: rows beside one that could not be read, and rows beside
/// the reversal of a transfer, which takes capital back from another line first and so cannot be
/// taken back itself.
pub(crate) fn refused_together(
    requests: &[(usize, Request)],
    unreadable: bool,
) -> Option<Vec<(usize, Result<Answer, RecordError>)>> {
    let reverses = |request: &Request| is_reversal_of_transfer(&request.record);
    let alone = requests.len() == 1;
    if !unreadable && (alone || !requests.iter().any(|(_, request)| reverses(request))) {
        return None;
    }
    let refused = |(number, request): &(usize, Request)| {
        let error = if !unreadable && reverses(request) {
            RecordError::NotTogether
        } else {
            RecordError::FellTogether
        };
        (*number, Err(error))
    };
    Some(requests.iter().map(refused).collect())
}

/// The rows of each stream, streams in the order in which they are recorded: one that capital
/// leaves before the one it goes to, else by their first row.
pub(crate) fn groups(rows: Vec<BatchRow>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut numbers: BTreeMap<StreamName, usize> = BTreeMap::new();
    let mut flows: BTreeMap<StreamName, BTreeSet<StreamName>> = BTreeMap::new();
    for (number, row) in rows.into_iter().enumerate() {
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
