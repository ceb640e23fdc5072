//! The same sums the slow and obvious way: a map, and a loop over every event from the first.
//!
//! It exists to be held against the view, so it refuses everything that makes the view fast: it has
//! no columns, no snapshots, no order but that of the log, and knows one moment, the last event.
//! By days it has the sums of programmes and years, and not of cells.
//! What an event moved is said once, in [`facts`](crate::facts); everything else is said again here.

use std::collections::BTreeMap;

use events::line::{InKindKind, LineEvent};
use events::money::Money;
use events::names::{LineId, ProgrammeCode};
use events::statement::Measure;
use events::text::Place;
use events::time::{BudgetYear, EffectiveOn};
use rust_decimal::Decimal;

use crate::facts::{Moved, Part, moved};

/// What tells two sums apart: every dimension that there is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// The line: programme, province, year, source and type.
    pub line: LineId,
    /// The year the money was first assigned.
    pub vintage: BudgetYear,
    /// The project that bears it.
    pub project: Option<Place>,
    /// The commune that bears it.
    pub commune: Option<Place>,
}

/// Sums of what events moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    parts: BTreeMap<Part, i128>,
    in_kind: BTreeMap<InKindKind, (Decimal, i128)>,
}

/// The sums of cells.
pub type Cells = BTreeMap<Cell, Sums>;

/// What a programme has in a budget year.
pub type Share = (ProgrammeCode, BudgetYear);

/// The sums of every cell, share by share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plain {
    shares: BTreeMap<Share, Cells>,
    /// What moved on each effective day.
    days: BTreeMap<EffectiveOn, BTreeMap<Share, Sums>>,
}

impl Plain {
    /// Adds what `event` of `line` moved.
    pub fn add(&mut self, line: LineId, event: &LineEvent) {
        for moved in moved(line, event) {
            let share = (moved.line.programme(), moved.line.year());
            let cell = Cell {
                line: moved.line,
                vintage: moved.vintage,
                project: moved.project.cloned(),
                commune: moved.commune.cloned(),
            };
            let cells = self.shares.entry(share).or_default();
            cells.entry(cell).or_default().add(&moved);
            let day = self.days.entry(event.entry.effective_on).or_default();
            day.entry(share).or_default().add(&moved);
        }
    }

    /// Every cell in which something was counted, by its share.
    pub fn shares(&self) -> &BTreeMap<Share, Cells> {
        &self.shares
    }

    /// The days on which something was effective, oldest first.
    pub fn days(&self) -> impl Iterator<Item = EffectiveOn> {
        self.days.keys().copied()
    }

    /// The sums of every share, of what was effective on `day` or before.
    pub fn as_of(&self, day: EffectiveOn) -> BTreeMap<Share, Sums> {
        let mut shares = BTreeMap::<Share, Sums>::new();
        for (share, sums) in self.days.range(..=day).flat_map(|(_, shares)| shares) {
            shares.entry(*share).or_default().add_all(sums);
        }
        shares
    }

    /// The sums of all cells, added up by what `group` makes of each.
    pub fn by<K: Ord>(&self, group: impl Fn(&Cell) -> K) -> BTreeMap<K, Sums> {
        added_up(self.shares.values().flatten(), group)
    }
}

/// The sums of `cells`, added up by what `group` makes of each.
pub fn added_up<'a, K: Ord>(
    cells: impl IntoIterator<Item = (&'a Cell, &'a Sums)>,
    group: impl Fn(&Cell) -> K,
) -> BTreeMap<K, Sums> {
    let mut groups = BTreeMap::<K, Sums>::new();
    for (cell, sums) in cells {
        groups.entry(group(cell)).or_default().add_all(sums);
    }
    groups
}

impl Sums {
    /// A part.
    pub fn of(&self, part: Part) -> Money {
        Money::from_sum(self.parts.get(&part).copied().unwrap_or_default())
    }

    /// Every measure that is the sum of one part.
    pub fn measures(&self) -> [(Measure, Money); Part::COUNT] {
        [
            (Measure::Assigned, self.of(Part::Assigned)),
            (Measure::LocalIncrease, self.of(Part::LocalIncrease)),
            (Measure::CarriedIn, self.of(Part::CarriedIn)),
            (Measure::Reallocated, self.of(Part::Reallocated)),
            (Measure::Recalled, self.of(Part::Recalled)),
            (Measure::CarriedOut, self.of(Part::CarriedOut)),
            (Measure::InTransit, self.of(Part::InTransit)),
            (Measure::Detailed, self.of(Part::Detailed)),
            (Measure::Committed, self.of(Part::Committed)),
            (Measure::Disbursed, self.of(Part::Disbursed)),
            (Measure::Estimated, self.of(Part::Estimated)),
            (
                Measure::AdvancesOutstanding,
                self.of(Part::AdvancesOutstanding),
            ),
        ]
    }

    /// What was given in kind, and what it is worth. Nothing of what was wholly taken back.
    pub fn in_kind(&self) -> impl Iterator<Item = (InKindKind, Decimal, Money)> {
        let given = self.in_kind.iter();
        let given =
            given.map(|(kind, (quantity, dong))| (*kind, *quantity, Money::from_sum(*dong)));
        given.filter(|(_, quantity, worth)| !quantity.is_zero() || *worth != Money::ZERO)
    }

    /// Assigned + local increase + carried in + reallocated − recalled.
    pub fn plan(&self) -> Money {
        self.of(Part::Assigned)
            + self.of(Part::LocalIncrease)
            + self.of(Part::CarriedIn)
            + self.of(Part::Reallocated)
            - self.of(Part::Recalled)
    }

    /// Plan − carried out − disbursed.
    pub fn remaining(&self) -> Money {
        self.plan() - self.of(Part::CarriedOut) - self.of(Part::Disbursed)
    }

    /// Disbursed over plan with six places, half away from zero; none over no plan.
    pub fn rate(&self) -> Option<String> {
        let (disbursed, plan) = (self.of(Part::Disbursed).to_dong(), self.plan().to_dong());
        if plan <= 0 {
            return None;
        }
        let millionths = (disbursed.abs() * 2_000_000 + plan) / (2 * plan);
        let sign = if disbursed < 0 && millionths > 0 {
            "-"
        } else {
            ""
        };
        Some(format!(
            "{sign}{}.{:06}",
            millionths / 1_000_000,
            millionths % 1_000_000
        ))
    }

    fn add(&mut self, moved: &Moved<'_>) {
        let dong = moved.amount.to_dong();
        *self.parts.entry(moved.part).or_default() += dong;
        if let (Part::Disbursed, Some((kind, quantity))) = (moved.part, moved.in_kind) {
            self.give(kind, quantity, dong);
        }
    }

    fn give(&mut self, kind: InKindKind, quantity: Decimal, dong: i128) {
        let (quantities, worth) = self.in_kind.entry(kind).or_default();
        *quantities += quantity;
        *worth += dong;
    }

    fn add_all(&mut self, other: &Self) {
        for (part, dong) in &other.parts {
            *self.parts.entry(*part).or_default() += dong;
        }
        for (kind, (quantity, dong)) in &other.in_kind {
            self.give(*kind, *quantity, *dong);
        }
    }
}

#[cfg(test)]
mod tests {
    use events::Event;
    use events::log::Stored;

    use super::*;

    const LINE: &str = "NTM/10/2024/central/investment";

    /// Adds an event of `line` as it is stored.
    fn add(plain: &mut Plain, line: &str, name: &str, fields: &str) {
        add_on("2024-01-05", plain, (line, name), fields);
    }

    fn add_on(day: &str, plain: &mut Plain, (line, name): (&str, &str), fields: &str) {
        let line = LineId::parse(line).unwrap();
        let stored = Stored {
            name: format!("line.{name}"),
            version: 1,
            data: format!(r#"{{"reference":"R","effective_on":"{day}",{fields}}}"#),
        };
        let Event::Line(event) = Event::decode(&line.stream(), &stored).unwrap() else {
            panic!("{name} is not of a line");
        };
        plain.add(line, &event);
    }

    fn disburse(plain: &mut Plain, amount: &str, more: &str) {
        let fields = format!(
            r#""amount":"{amount}","kind":"payment","certainty":"confirmed","vintage":2024{more}"#
        );
        add(plain, LINE, "disbursed", &fields);
    }

    #[test]
    fn an_event_counts_in_the_cell_that_bears_it() {
        let mut plain = Plain::default();
        add(
            &mut plain,
            LINE,
            "allocated",
            r#""amount":"1000","basis":"assigned""#,
        );
        disburse(&mut plain, "300", r#","project":"DA-1","commune":"02710""#);
        disburse(&mut plain, "50", "");
        let cells: Vec<_> = plain.shares().values().flatten().collect();
        assert_eq!(cells.len(), 2);
        assert_eq!(cells[0].0.project, None);
        assert_eq!(cells[0].1.plan(), Money::dong(1_000));
        assert_eq!(cells[0].1.of(Part::Disbursed), Money::dong(50));
        assert_eq!(cells[1].0.commune, Some(Place::parse("02710").unwrap()));
        assert_eq!(cells[1].1.of(Part::Disbursed), Money::dong(300));
    }

    #[test]
    fn a_line_is_the_sum_of_its_cells() {
        let mut plain = Plain::default();
        add(
            &mut plain,
            LINE,
            "allocated",
            r#""amount":"1000","basis":"assigned""#,
        );
        disburse(&mut plain, "300", r#","project":"DA-1""#);
        disburse(&mut plain, "50", "");
        let lines = plain.by(|cell| cell.line);
        assert_eq!(lines.len(), 1);
        let sums = lines.values().next().unwrap();
        assert_eq!(sums.remaining(), Money::dong(650));
        assert_eq!(sums.rate().as_deref(), Some("0.350000"));
    }

    #[test]
    fn a_cell_is_in_the_share_of_its_programme_and_year() {
        let mut plain = Plain::default();
        let next = "NTM/10/2025/central/investment";
        for line in [LINE, next, "NTM/15/2024/central/investment"] {
            add(
                &mut plain,
                line,
                "allocated",
                r#""amount":"7","basis":"assigned""#,
            );
        }
        let shares = plain.shares().iter();
        let shares: Vec<_> = shares
            .map(|((programme, year), cells)| (format!("{programme} {year}"), cells.len()))
            .collect();
        assert_eq!(
            shares,
            [("NTM 2024".to_owned(), 2), ("NTM 2025".to_owned(), 1)]
        );
    }

    #[test]
    fn a_day_counts_what_was_effective_by_it() {
        let mut plain = Plain::default();
        // Recorded in this order, which is not that of the days.
        for (day, line) in [
            ("2024-03-01", "NTM"),
            ("2024-01-05", "NTM"),
            ("2024-02-01", "SPR"),
        ] {
            let line = format!("{line}/10/2024/central/investment");
            let fields = r#""amount":"7","basis":"assigned""#;
            add_on(day, &mut plain, (&line, "allocated"), fields);
        }
        let days: Vec<_> = plain.days().map(|day| day.to_string()).collect();
        assert_eq!(days, ["2024-01-05", "2024-02-01", "2024-03-01"]);
        let plans = |day: &str| -> Vec<_> {
            let shares = plain.as_of(EffectiveOn::parse(day).unwrap());
            let plans = shares.iter();
            plans
                .map(|((programme, _), sums)| format!("{programme} {}", sums.plan()))
                .collect()
        };
        assert_eq!(plans("2024-01-04"), Vec::<String>::new());
        assert_eq!(plans("2024-01-05"), ["NTM 7"]);
        assert_eq!(plans("2024-02-29"), ["NTM 7", "SPR 7"]);
        assert_eq!(plans("2024-03-01"), ["NTM 14", "SPR 7"]);
    }

    #[test]
    fn money_between_two_lines_is_in_transit() {
        let to = "NTM/15/2024/central/investment";
        let fields = r#""reason":"reallocation","amount":"40","#;
        let mut plain = Plain::default();
        add(
            &mut plain,
            LINE,
            "transferred_out",
            &format!(r#"{fields}"to":"{to}""#),
        );
        let transit = |plain: &Plain| {
            let lines = plain.by(|cell| cell.line);
            lines[&LineId::parse(LINE).unwrap()].of(Part::InTransit)
        };
        assert_eq!(transit(&plain), Money::dong(40));
        add(
            &mut plain,
            to,
            "transferred_in",
            &format!(r#"{fields}"from":"{LINE}""#),
        );
        assert_eq!(transit(&plain), Money::ZERO);
        let plans: Vec<_> = plain
            .by(|cell| cell.line)
            .values()
            .map(Sums::plan)
            .collect();
        assert_eq!(plans, [Money::dong(-40), Money::dong(40)]);
    }

    #[test]
    fn what_was_given_in_kind_and_taken_back_is_nothing() {
        let given = r#""in_kind":{"kind":"labour_days","quantity":"2.5","unit_price":"20"}"#;
        let mut plain = Plain::default();
        disburse(&mut plain, "50", &format!(",{given}"));
        let in_kind = |plain: &Plain| -> Vec<_> {
            let cells = plain.shares().values().flatten();
            cells.flat_map(|(_, sums)| sums.in_kind()).collect()
        };
        let quantity = Decimal::new(25, 1);
        assert_eq!(
            in_kind(&plain),
            [(InKindKind::LabourDays, quantity, Money::dong(50))]
        );
        let undone = format!(
            r#""reverses":"R","undone":{{"disbursement":{{"kind":"payment","certainty":"confirmed",
            "vintage":2024,{given}}}}},"amount":"50","reason":"x""#
        );
        add(&mut plain, LINE, "reversed", &undone);
        assert_eq!(in_kind(&plain), []);
        assert_eq!(plain.shares().values().flatten().count(), 1);
    }

    #[test]
    fn a_rate_is_rounded_half_away_from_zero() {
        let rate = |plan: &str, disbursed: &str| {
            let mut plain = Plain::default();
            let fields = format!(r#""amount":"{plan}","basis":"assigned""#);
            add(&mut plain, LINE, "allocated", &fields);
            disburse(&mut plain, disbursed, "");
            plain.by(|_| ())[&()].rate()
        };
        assert_eq!(
            rate("2419000000000", "1782000000000").as_deref(),
            Some("0.736668")
        );
        assert_eq!(rate("2000000", "1").as_deref(), Some("0.000001"));
        assert_eq!(rate("2000001", "1").as_deref(), Some("0.000000"));
        assert_eq!(Sums::default().rate(), None);
    }
}
