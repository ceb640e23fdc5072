//! What a recorded record is answered with.

use events::line::Line;
use events::log::{EventId, Position, Revision, StreamName};
use events::money::Money;
use events::time::RecordedAt;
use projections::Rate;

/// Where a record was recorded, and how its line stood then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The id of its event.
    pub id: EventId,
    /// Its place in the log; the start where it was judged only, and is not there.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Its number in the stream.
    pub revision: Revision,
    /// When it was recorded.
    pub recorded_at: RecordedAt,
    /// How the line stood after it; `None` for a record that is not of a line.
    pub standing: Option<Standing>,
    /// Where a transfer's capital arrived.
    pub arrived: Option<Position>,
    /// Whether it had been recorded before, and nothing was added now.
    pub replayed: bool,
}

impl Answer {
    /// Whether the record is in the log, and was not judged only.
    pub fn is_recorded(&self) -> bool {
        self.position > Position::START
    }
}

/// How a line stood: everything recorded up to an event, whatever its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What may be spent.
    pub plan: Money,
    /// What is promised.
    pub committed: Money,
    /// What is paid out.
    pub disbursed: Money,
    /// Plan − carried out − disbursed.
    pub remaining: Money,
    /// Disbursed over plan.
    pub rate: Option<Rate>,
}

impl Standing {
    /// How `line` stands.
    pub fn of(line: &Line) -> Self {
        let balance = line.balance();
        let plan = balance.plan();
        Self {
            plan,
            committed: balance.committed,
            disbursed: balance.disbursed,
            remaining: balance.remaining(),
            rate: Rate::of(balance.disbursed, plan),
        }
    }
}
