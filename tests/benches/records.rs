//! The ledger over the embedded store: decided records, answered when the figures count them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use events::line::{
    Allocation, AllocationBasis, Certainty, Commitment, Disbursement, DisbursementKind, LineAction,
};
use events::log::Origin;
use events::money::{Amount, Money};
use events::names::{CapitalSource, CapitalType, LineId, ProgrammeCode};
use events::record::{Document, Entry, Record, RecordBody};
use events::register::{Registration, UnitCode, vietnam};
use events::text::{Place, Reference, Text};
use events::time::BudgetYear;
use ledger::{Ledger, Register, Request};
use store::SystemClock;
use store_sqlite::SqliteStore;
use uuid::Uuid;

use crate::measure::{Client, Commits, Failure, Measured, Watched, drive};
use crate::random::Sequence;

/// What every line may spend, and what is promised of it; no run comes near it.
pub(crate) const CAPITAL: i64 = 1_000_000_000_000_000_000;

/// The commitment of every line.
pub(crate) const CONTRACT: &str = "HD-2024-000123";

/// Clients that prepare the lines.
pub(crate) const PREPARING: usize = 256;

/// A ledger over a fresh folder, with lines that are allocated and committed.
pub(crate) struct Records {
    ledger: Ledger,
    commits: Arc<Commits>,
    lines: Arc<Vec<LineId>>,
    phase: usize,
}

impl Records {
    /// Opens it and prepares the lines.
    pub(crate) async fn open(folder: &Path) -> Result<Self, Failure> {
        let commits = Arc::new(Commits::default());
        let store = SqliteStore::open_observed(folder, Arc::new(SystemClock), commits.clone())?;
        let ledger = Ledger::open(Arc::new(store));
        ledger.settle(Register::BuiltIn).await?;
        let lines = Arc::new(lines()?);
        let share = lines.len().div_ceil(PREPARING);
        let preparing = lines.chunks(share).map(|lines| {
            let (ledger, lines) = (ledger.clone(), lines.to_vec());
            tokio::spawn(async move {
                for line in lines {
                    ledger.record(allocation(line)?).await?;
                    ledger.record(commitment(line)?).await?;
                }
                Ok::<_, Failure>(())
            })
        });
        for prepared in preparing.collect::<Vec<_>>() {
            prepared.await??;
        }
        Ok(Self {
            ledger,
            commits,
            lines,
            phase: 0,
        })
    }

    /// What `clients` achieve who pay out of all lines.
    pub(crate) async fn measure(
        &mut self,
        clients: usize,
        window: Duration,
    ) -> Result<Measured, Failure> {
        let lines = Arc::clone(&self.lines);
        self.run(clients, window, lines).await
    }

    /// What `clients` achieve who all pay out of one line.
    pub(crate) async fn measure_one_line(
        &mut self,
        clients: usize,
        window: Duration,
    ) -> Result<Measured, Failure> {
        let hot = self.lines.first().copied().into_iter().collect();
        self.run(clients, window, Arc::new(hot)).await
    }

    async fn run(
        &mut self,
        clients: usize,
        window: Duration,
        lines: Arc<Vec<LineId>>,
    ) -> Result<Measured, Failure> {
        self.phase += 1;
        let recorder = |number| Recorder {
            ledger: self.ledger.clone(),
            vouchers: Vouchers::new(Arc::clone(&lines), self.phase, number),
        };
        let recorders = (0..clients).map(recorder).collect();
        let (measured, _) = drive(recorders, window, Watched::here(&self.commits)).await?;
        Ok(measured)
    }
}

struct Recorder {
    ledger: Ledger,
    vouchers: Vouchers,
}

impl Client for Recorder {
    async fn once(&mut self) -> Result<(), Failure> {
        let (line, reference) = self.vouchers.next()?;
        self.ledger.record(disbursement(line, &reference)?).await?;
        Ok(())
    }
}

/// The vouchers of one client: a line by chance, and a reference that nobody else uses.
pub(crate) struct Vouchers {
    lines: Arc<Vec<LineId>>,
    random: Sequence,
    prefix: String,
    written: u64,
}

impl Vouchers {
    pub(crate) fn new(lines: Arc<Vec<LineId>>, phase: usize, client: usize) -> Self {
        Self {
            lines,
            random: Sequence::new(client),
            prefix: format!("CT-{phase}-{client}"),
            written: 0,
        }
    }

    /// The line and the reference of the next voucher.
    pub(crate) fn next(&mut self) -> Result<(LineId, String), Failure> {
        self.written += 1;
        let number = self.random.below(self.lines.len());
        let line = self.lines.get(number).ok_or("there are no lines")?;
        Ok((*line, format!("{}-{}", self.prefix, self.written)))
    }
}

/// Lines of three programmes and three years, for all provinces.
pub(crate) fn lines() -> Result<Vec<LineId>, Failure> {
    let provinces = vietnam().into_iter().filter_map(|record| {
        let RecordBody::Registration(Registration { code, .. }) = record.body else {
            return None;
        };
        match code {
            UnitCode::Province(code) => Some(code),
            UnitCode::Programme(_) => None,
        }
    });
    let mut lines = Vec::new();
    for province in provinces.take(63) {
        for programme in ["NTM", "SPR", "EM"].map(ProgrammeCode::parse) {
            let programme = programme?;
            for year in 2022..=2024 {
                let year = BudgetYear::try_from(year)?;
                for source in [CapitalSource::Central, CapitalSource::Local] {
                    for kind in [CapitalType::Investment, CapitalType::Recurrent] {
                        lines.push(LineId::of(programme, province, year, source, kind)?);
                    }
                }
            }
        }
    }
    Ok(lines)
}

fn allocation(line: LineId) -> Result<Request, Failure> {
    let allocation = Allocation {
        amount: amount(CAPITAL)?,
        basis: AllocationBasis::Assigned,
    };
    request(line, "QD-2024-000001", LineAction::Allocate(allocation))
}

fn commitment(line: LineId) -> Result<Request, Failure> {
    let commitment = Commitment {
        amount: amount(CAPITAL)?,
        project: Some(Place::parse("DA-2024-017")?),
        commune: Some(Place::parse("02710")?),
        payee: None,
    };
    request(line, CONTRACT, LineAction::Commit(commitment))
}

fn disbursement(line: LineId, reference: &str) -> Result<Request, Failure> {
    let disbursement = Disbursement {
        amount: amount(1_782_000)?,
        kind: DisbursementKind::Payment,
        certainty: Certainty::Confirmed,
        vintage: line.year(),
        commitment: Some(Reference::parse(CONTRACT)?),
        project: Some(Place::parse("DA-2024-017")?),
        commune: Some(Place::parse("02710")?),
        in_kind: None,
    };
    request(line, reference, LineAction::Disburse(disbursement))
}

fn request(line: LineId, reference: &str, action: LineAction) -> Result<Request, Failure> {
    let document = Document {
        number: Some(Text::parse("27/KBNN")?),
        ..Document::default()
    };
    let entry = Entry {
        reference: Reference::parse(reference)?,
        effective_on: line.year().day(3, 1),
        note: Some(Text::parse("Thanh toan khoi luong hoan thanh dot 3")?),
        document: Some(document),
    };
    Ok(Request {
        record: Record {
            entry,
            body: RecordBody::Line(line, action),
        },
        origin: Origin {
            actor: "local".to_owned(),
            correlation_id: Uuid::new_v4(),
            causation_id: None,
        },
        if_match: None,
    })
}

fn amount(dong: i64) -> Result<Amount, Failure> {
    Ok(Amount::try_from(Money::dong(dong))?)
}
