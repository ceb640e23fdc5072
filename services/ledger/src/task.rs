//! What a desk is asked, and what it answers.

use events::Event;
use events::alert::AlertCommand;
use events::line::{LineEvent, LineRefusal, TransferReclaimed, TransferredIn};
use events::log::{EventId, Origin, Revision};
use events::record::{Entry, Record, RecordKind};
use events::time::EffectiveOn;
use store::Place;

use crate::answer::Standing;

/// One thing to do at a desk.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: EventId,
    pub(crate) origin: Origin,
    pub(crate) if_match: Option<Revision>,
    pub(crate) step: Step,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Decide a record and add its fact.
    Decide {
        record: Record,
        window_until: Option<EffectiveOn>,
    },
    /// Decide a record and add nothing.
    Judge(Record),
    /// Add that transferred capital arrived.
    Receive(Entry, TransferredIn),
    /// Take back what had arrived, if it is free.
    Reclaim(Entry, TransferReclaimed),
    /// Add a fact that was judged before.
    Conclude(LineEvent),
    /// Decide what becomes of an alert.
    Alert(Entry, AlertCommand),
}

impl Step {
    /// The refusal of this step where another record has its reference; `None` where no record can
    /// have it.
    pub(crate) fn reused(&self) -> Option<LineRefusal> {
        let (record, reference) = match self {
            Self::Decide { record, .. } | Self::Judge(record) => {
                (record.kind(), record.entry.reference.clone())
            }
            Self::Receive(entry, _) => (RecordKind::Transfer, entry.reference.clone()),
            Self::Reclaim(entry, _) => (RecordKind::Reversal, entry.reference.clone()),
            Self::Conclude(event) => (event.body.kind(), event.entry.reference.clone()),
            Self::Alert(..) => return None,
        };
        Some(LineRefusal::ReferenceReused { record, reference })
    }
}

/// What a task came to.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    /// Its fact was added.
    Added {
        place: Place,
        standing: Option<Standing>,
        event: Event,
    },
    /// Its fact had been added before.
    Repeated,
    /// It was judged; this is the fact it would add.
    Judged(Event),
}
