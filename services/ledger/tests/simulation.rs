//! Seeded records over a store that fails before it writes, fails after it wrote, loses races, and
//! is started again at any time; compared with the same records over a store that does not.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use events::log::{EventId, Position, Recorded, Revision, Stored, StreamName};
use events::names::LineId;
use events::record::RecordKind;
use ledger::{Answer, BatchRow, Ledger, LedgerError, Mode, RecordError, Register, Request};
use store::{
    Append, AppendError, Appended, Clock, EventStore, Head, ReadError, Seal, Sealed, Visit,
};
use tokio::sync::watch;

use crate::common::*;

const LINES: [&str; 3] = [LINE, OTHER, "NTM/20/2024/central/investment"];
const STEPS: usize = 60;

/// A small generator (`SplitMix64`), so that a seed is all there is to keep.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// A number below `bound`.
    fn up_to(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(u64::try_from(bound).unwrap())).unwrap()
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.up_to(choices.len())]
    }
}

/// A store that fails one append in three.
struct Faulty {
    sound: Arc<dyn EventStore>,
    random: Mutex<Random>,
    /// The event that makes whoever reads it panic.
    broken: Option<Position>,
}

#[async_trait]
impl EventStore for Faulty {
    async fn append(&self, append: Append, seal: &Arc<dyn Seal>) -> Result<Appended, AppendError> {
        let fault = self.random.lock().unwrap().below(9);
        let lost = || AppendError::Engine(Arc::new(std::io::Error::other("the disk said no")));
        let stream = append.stream.clone();
        match fault {
            0 => Err(lost()),
            1 => self
                .sound
                .append(append, seal)
                .await
                .and_then(|_| Err(lost())),
            2 => Err(AppendError::Conflict {
                stream,
                current: None,
            }),
            _ => self.sound.append(append, seal).await,
        }
    }

    async fn find(&self, id: EventId) -> Result<Option<Recorded<Stored>>, ReadError> {
        self.sound.find(id).await
    }

    async fn read(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Recorded<Stored>>, ReadError> {
        self.sound.read(after, limit).await
    }

    fn scan(&self, after: Position, limit: usize, visit: &mut Visit<'_>) -> Result<(), ReadError> {
        self.sound.scan(after, limit, &mut |scanned| {
            assert_ne!(Some(scanned.position), self.broken, "as a test wants it");
            visit(scanned);
        })
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        limit: usize,
    ) -> Result<Vec<Recorded<Stored>>, ReadError> {
        self.sound.read_stream(stream, from, limit).await
    }

    async fn stream_head(&self, stream: &StreamName) -> Result<Option<Revision>, ReadError> {
        self.sound.stream_head(stream).await
    }

    async fn head(&self) -> Result<Head, ReadError> {
        self.sound.head().await
    }

    async fn seals(&self, after: Position, limit: usize) -> Result<Vec<Sealed>, ReadError> {
        self.sound.seals(after, limit).await
    }

    fn watch_head(&self) -> watch::Receiver<Position> {
        self.sound.watch_head()
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        self.sound.clock()
    }
}

/// The record of a step: often one that a rule refuses, or one that came before.
fn record(random: &mut Random, step: usize) -> Request {
    let number = format!("N-{}", if random.below(6) == 0 { 0 } else { step });
    let line = random.of(&LINES);
    let dong = i64::try_from(random.below(100)).unwrap() + 1;
    let earlier = format!("N-{}", random.up_to(step + 1));
    match random.below(10) {
        0 | 1 => allocate(&number, line, dong * 4),
        2 | 3 => commit(&number, line, dong),
        4 | 5 => disburse(&number, line, &earlier, dong),
        6 | 7 => reallocate(&number, line, random.of(&LINES), dong),
        8 => reverse(&number, line, RecordKind::Transfer, &earlier),
        _ => reverse(&number, line, RecordKind::Disbursement, &earlier),
    }
}

/// A ledger over `store` that is ready, however often that takes.
async fn start(store: &Arc<dyn EventStore>) -> Ledger {
    loop {
        let ledger = Ledger::open(Arc::clone(store));
        if ledger.settle(Register::BuiltIn).await.is_ok() {
            return ledger;
        }
    }
}

/// What a record comes to when its sender does not give up.
async fn insist(ledger: &Ledger, request: &Request) -> Result<Answer, RecordError> {
    loop {
        match ledger.record(request.clone()).await {
            Err(RecordError::Append(_) | RecordError::Conflict) => {}
            decided => return decided,
        }
    }
}

fn told(result: &Result<Answer, RecordError>) -> String {
    match result {
        Ok(answer) => format!("{:?}", answer.standing.map(|standing| standing.remaining)),
        Err(refusal) => refusal.to_string(),
    }
}

async fn balances(ledger: &Ledger) -> Vec<String> {
    let mut balances = Vec::new();
    for of in LINES {
        let found = ledger.find_line(line(of)).await.unwrap();
        balances.push(format!(
            "{:?}",
            found.map(|(line, _)| line.balance().clone())
        ));
    }
    balances
}

async fn run(seed: u64) {
    let sound = memory();
    let random = Mutex::new(Random(seed));
    let faulty: Arc<dyn EventStore> = Arc::new(Faulty {
        sound: Arc::clone(&sound),
        random,
        broken: None,
    });
    let (mut ledger, model) = (start(&faulty).await, open(&memory()).await);
    let (mut script, mut acknowledged) = (Random(seed ^ 0xfeed), Vec::new());
    for step in 0..STEPS {
        let request = record(&mut script, step);
        let outcome = insist(&ledger, &request).await;
        let expected = model.record(request).await;
        assert_eq!(told(&outcome), told(&expected), "seed {seed}, step {step}");
        acknowledged.extend(outcome.ok().map(|answer| (answer.id, answer.position)));
        if script.below(8) == 0 {
            ledger = start(&faulty).await;
        }
    }
    let ledger = start(&faulty).await;
    assert_eq!(
        balances(&ledger).await,
        balances(&model).await,
        "seed {seed}"
    );
    let log = sound.read(Position::START, 10_000).await.unwrap();
    for (id, position) in acknowledged {
        let found: Vec<_> = log
            .iter()
            .filter(|it| it.id == id)
            .map(|it| it.position)
            .collect();
        assert_eq!(found, [position], "seed {seed}");
    }
}

#[tokio::test]
async fn whatever_the_store_does_each_record_counts_once() {
    let seeds: u64 = std::env::var("SIMULATION_SEEDS").map_or(60, |text| text.parse().unwrap());
    for seed in 0..seeds {
        run(seed).await;
    }
}

/// Records some of the rows of a batch, and then sends all of it in each mode.
async fn resend(seed: u64) {
    let ledger = open(&memory()).await;
    let (mut random, mut recorded, mut rows) = (Random(seed), Vec::new(), Vec::new());
    for step in 0..STEPS / 2 {
        let request = record(&mut random, step);
        let first = match random.below(2) {
            0 => ledger.record(request.clone()).await.ok(),
            _ => None,
        };
        recorded.push(first.map(|first| (request.record.clone(), first)));
        rows.push(BatchRow::Record(Box::new(request)));
    }
    if random.below(2) == 0 {
        let line = LineId::parse(random.of(&LINES)).ok();
        rows.insert(random.up_to(rows.len()), BatchRow::Unreadable(line));
    }
    let recorded: Vec<_> = recorded.into_iter().flatten().collect();
    for mode in [
        Mode::DryRun,
        Mode::AtomicDryRun,
        Mode::Atomic,
        Mode::Each,
        Mode::Each,
    ] {
        let told = ledger.record_batch(rows.clone(), mode).await;
        for (row, told) in rows.iter().zip(told) {
            let BatchRow::Record(request) = row else {
                assert!(told.is_none(), "seed {seed}, {mode:?}");
                continue;
            };
            let mut before = recorded.iter();
            let Some((_, first)) = before.find(|(record, _)| *record == request.record) else {
                continue;
            };
            let again = told.unwrap();
            let again = again.unwrap_or_else(|error| panic!("seed {seed}, {mode:?}: {error}"));
            let (replayed, first) = (true, first.clone());
            let first = Answer { replayed, ..first };
            assert_eq!(again, first, "seed {seed}, {mode:?}");
        }
    }
}

#[tokio::test]
async fn whatever_becomes_of_a_batch_its_recorded_rows_are_repeats() {
    for seed in 0..60 {
        resend(seed).await;
    }
}

#[tokio::test]
async fn an_event_that_makes_its_reader_panic_stops_the_figures_for_good() {
    let sound = memory();
    let ledger = open(&sound).await;
    // More than a page of them.
    for number in 0..6_000 {
        let request = allocate(&format!("QD-{number}"), LINE, 1);
        ledger.record(request).await.unwrap();
    }
    let head = ledger.catch_up().await.unwrap();
    let broken = Position(head.0 - 1_500);
    let store: Arc<dyn EventStore> = Arc::new(Faulty {
        sound,
        random: Mutex::new(Random(0)),
        broken: Some(broken),
    });
    let ledger = Ledger::open(store);
    let stopped = ledger.catch_up().await.unwrap_err();
    assert!(matches!(stopped, LedgerError::Stopped { applied, .. } if applied < broken));
    let progress = ledger.progress().await.unwrap();
    ledger.goes_on().unwrap_err();
    // All pages before the one with that event are applied, and none after it.
    assert!(progress.applied > Position::START, "{progress:?}");
    assert!(broken.0 - progress.applied.0 <= 4_096, "{progress:?}");
}
