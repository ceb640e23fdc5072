//! What the stories write as text, parsed: days, sums, codes. They are constants of ours, so a
//! wrong one is our mistake and panics, as a test that replays the history would show.

use events::line::{Allocation, Commitment, Detail};
use events::line::{AllocationBasis, LineAction};
use events::money::{Amount, Change, Money};
use events::names::LineId;
use events::record::{Document, Entry};
use events::text::{Place, Reference, Text};
use events::time::{BudgetYear, EffectiveOn, RecordedAt};
use rust_decimal::Decimal;

/// The note of every record that says more than its source does.
pub(super) const SPLIT: &str = "illustrative split";

/// A million đồng.
pub(super) const MILLION: i64 = 1_000_000;

const BILLION: i64 = 1_000 * MILLION;
const DAY_MICROS: i64 = 86_400_000_000;

#[expect(clippy::expect_used, reason = "constants of ours, as a test replays")]
pub(super) fn day(text: &str) -> EffectiveOn {
    EffectiveOn::parse(text).expect("a day")
}

#[expect(clippy::expect_used, reason = "constants of ours, as a test replays")]
pub(super) fn year(number: i64) -> BudgetYear {
    BudgetYear::try_from(number).expect("a budget year")
}

#[expect(clippy::expect_used, reason = "constants of ours, as a test replays")]
pub(super) fn line(text: &str) -> LineId {
    LineId::parse(text).expect("a line")
}

#[expect(clippy::expect_used, reason = "constants of ours, as a test replays")]
pub(super) fn reference(text: &str) -> Reference {
    Reference::parse(text).expect("a reference")
}

#[expect(clippy::expect_used, reason = "constants of ours, as a test replays")]
pub(super) fn text(text: &str) -> Text {
    Text::parse(text).expect("a text")
}

#[expect(clippy::expect_used, reason = "constants of ours, as a test replays")]
pub(super) fn place(text: &str) -> Place {
    Place::parse(text).expect("a project or commune")
}

#[expect(clippy::expect_used, reason = "constants of ours, as a test replays")]
pub(super) fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal number")
}

/// So many billions, in whole đồng: the sources quote billions with decimals.
#[expect(clippy::expect_used, reason = "constants of ours, as a test replays")]
pub(super) fn billions(text: &str) -> i64 {
    let dong = decimal(text) * Decimal::from(BILLION);
    assert!(dong.is_integer(), "{text} billion is not whole đồng");
    dong.normalize().try_into().expect("at most 10^18")
}

#[expect(clippy::expect_used, reason = "constants of ours, as a test replays")]
pub(super) fn amount(dong: i64) -> Amount {
    Amount::try_from(Money::dong(dong)).expect("an amount")
}

#[expect(clippy::expect_used, reason = "constants of ours, as a test replays")]
pub(super) fn change(dong: i64) -> Change {
    Change::try_from(Money::dong(dong)).expect("a change")
}

/// `micros` after `at`.
#[expect(clippy::expect_used, reason = "constants of ours, as a test replays")]
pub(super) fn instant(at: RecordedAt, micros: i64) -> RecordedAt {
    RecordedAt::from_micros(at.micros() + micros).expect("an instant of the calendar")
}

/// The day `days` days after `on`.
pub(super) fn later(on: EffectiveOn, days: i64) -> EffectiveOn {
    EffectiveOn::at(instant(on.begins(), days * DAY_MICROS))
}

/// The working day on or before `on`: the treasury pays on no other.
pub(super) fn workday_before(on: EffectiveOn) -> EffectiveOn {
    later(on, -(weekday(on) - 4).max(0))
}

/// The working day on or after `on`.
pub(super) fn workday_after(on: EffectiveOn) -> EffectiveOn {
    match weekday(on) {
        5 => later(on, 2),
        6 => later(on, 1),
        _ => on,
    }
}

/// 0 is Monday, 6 is Sunday.
fn weekday(on: EffectiveOn) -> i64 {
    on.days_since(year(2001).day(1, 1)).rem_euclid(7)
}

/// `total` cut by `weights`. Each part is a multiple of `unit`, save that the last takes the rest.
/// Exact for totals below 9 × 10¹⁵ over weights that sum to at most 1,000.
pub(super) fn split(total: i64, weights: &[i64], unit: i64) -> Vec<i64> {
    let whole: i64 = weights.iter().sum();
    let (mut weighed, mut given) = (0, 0);
    let part = |weight: &i64| {
        weighed += weight;
        let until = if weighed == whole {
            total
        } else {
            total * weighed / whole / unit * unit
        };
        let part = until - given;
        given = until;
        part
    };
    weights.iter().map(part).collect()
}

/// An entry that says what its source says.
pub(super) fn published(name: &str, on: EffectiveOn) -> Entry {
    Entry {
        reference: reference(name),
        effective_on: on,
        note: None,
        document: None,
    }
}

/// An entry that says more than its source does.
pub(super) fn illustrated(name: &str, on: EffectiveOn) -> Entry {
    noted(published(name, on), SPLIT)
}

/// The entry with this note.
pub(super) fn noted(entry: Entry, note: &str) -> Entry {
    Entry {
        note: Some(text(note)),
        ..entry
    }
}

/// The entry with the paper behind it.
pub(super) fn signed(entry: Entry, number: &str, authority: &str) -> Entry {
    let document = Document {
        number: Some(text(number)),
        authority: Some(text(authority)),
        ..Document::default()
    };
    Entry {
        document: Some(document),
        ..entry
    }
}

/// Capital assigned by the level above.
pub(super) fn assigned(dong: i64) -> LineAction {
    allocation(dong, AllocationBasis::Assigned)
}

/// Capital that the local level adds.
pub(super) fn local_increase(dong: i64) -> LineAction {
    allocation(dong, AllocationBasis::LocalIncrease)
}

fn allocation(dong: i64, basis: AllocationBasis) -> LineAction {
    LineAction::Allocate(Allocation {
        amount: amount(dong),
        basis,
    })
}

/// Capital allocated in detail to `project`.
pub(super) fn detail(dong: i64, project: &str) -> LineAction {
    LineAction::Detail(Detail {
        amount: amount(dong),
        project: place(project),
    })
}

/// A contract for `project` with the contractor of this number.
pub(super) fn commitment(dong: i64, project: &str, contractor: i64) -> LineAction {
    LineAction::Commit(Commitment {
        amount: amount(dong),
        project: Some(place(project)),
        commune: None,
        payee: Some(text(&format!("Nhà thầu {contractor:02} (minh hoạ)"))),
    })
}
