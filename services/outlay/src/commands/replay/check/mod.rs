//! What is folded and what the view says, cell by cell: every cell of either is in both, with the
//! same figures. Figures are compared as they are written, so nothing is rounded away.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;
use events::statement::Measure;
use projections::facts::Part;
use projections::plain::{self as folded, Cell, Share, Sums};
use serde_json::Value;

use crate::failure::Failure;
use crate::shown::{list, plain};

/// The figures of a cell, by name.
type Figures = BTreeMap<String, String>;

/// Cells by what tells them apart.
type Cells = BTreeMap<String, Figures>;

/// Most differences that are told.
const TOLD: usize = 10;

/// The figures that a line has besides those of its cells.
const OF_A_LINE: [&str; 5] = ["plan", "remaining", "numerator", "denominator", "rate"];

/// What is not there; no code is written so.
const NONE: &str = "(none)";

/// What was compared, and where it differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) cells: usize,
    pub(super) figures: usize,
    /// How many figures are not the same.
    pub(super) different: usize,
    /// The first of them, at most as many as are told.
    pub(super) differences: Vec<Difference>,
}

/// A figure that is not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    cell: String,
    figure: String,
    replayed: String,
    live: String,
}

impl Checked {
    /// Both of these.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.cells += other.cells;
        self.figures += other.figures;
        self.different += other.different;
        self.differences.extend(other.differences);
        self.differences.truncate(TOLD);
        self
    }

    fn differ(&mut self, difference: Difference) {
        self.different += 1;
        if self.differences.len() < TOLD {
            self.differences.push(difference);
        }
    }
}

/// Compares cells: rates by every dimension.
pub(super) fn cells(folded: &folded::Cells, live: &Value) -> Checked {
    let replayed = folded.iter().map(|(cell, sums)| {
        let Cell {
            line,
            vintage,
            project,
            commune,
        } = cell;
        let place = |place: &Option<_>| {
            place
                .as_ref()
                .map_or_else(|| NONE.to_owned(), ToString::to_string)
        };
        let (project, commune) = (place(project), place(commune));
        (
            named(&line.to_string(), &vintage.to_string(), &project, &commune),
            of_parts(sums),
        )
    });
    let live = list(live, "rows").iter().map(|row| {
        let place = |name: &str| row[name].as_str().unwrap_or(NONE).to_owned();
        let vintage = plain(&row["vintage"]);
        let name = named(&line(row), &vintage, &place("project"), &place("commune"));
        (name, said(row, part_names(), true))
    });
    held(&replayed.collect(), &live.collect())
}

/// Compares the lines of cells: rates by what makes a line, which alone has a plan.
pub(super) fn lines(folded: &folded::Cells, live: &Value) -> Checked {
    let lines = folded::added_up(folded, |cell| cell.line);
    let replayed = lines
        .iter()
        .map(|(line, sums)| (line.to_string(), of_line(sums)));
    let live = list(live, "rows")
        .iter()
        .map(|row| (line(row), said(row, OF_A_LINE, false)));
    held(&replayed.collect(), &live.collect())
}

/// Compares every share as of a day: rates by programme and year, and all figures that there are.
pub(super) fn shares(folded: &BTreeMap<Share, Sums>, live: &Value, day: &str) -> Checked {
    let replayed = folded.iter().map(|((programme, year), sums)| {
        let mut figures = of_parts(sums);
        figures.extend(of_line(sums));
        (format!("{programme} {year} as of {day}"), figures)
    });
    let live = list(live, "rows").iter().map(|row| {
        let [programme, year] = ["programme", "year"].map(|name| plain(&row[name]));
        let figures = said(row, part_names().chain(OF_A_LINE), true);
        (format!("{programme} {year} as of {day}"), figures)
    });
    held(&replayed.collect(), &live.collect())
}

/// What to tell of the differences at a position; none where there are none.
pub(super) fn differing(checked: &Checked, position: u64) -> Option<Failure> {
    let count = checked.different;
    if count == 0 {
        return None;
    }
    let mut failure = Failure::refused(anyhow!(
        "the live view is not what the log says: {count} of {} figures differ at position \
         {position}",
        checked.figures
    ));
    for difference in &checked.differences {
        let Difference {
            cell,
            figure,
            replayed,
            live,
        } = difference;
        failure = failure.noting(format!(
            "{cell}: {figure} is {replayed} replayed and {live} live"
        ));
    }
    if count > TOLD {
        failure = failure.noting(format!("and {} more", count - TOLD));
    }
    Some(failure)
}

fn named(line: &str, vintage: &str, project: &str, commune: &str) -> String {
    format!("{line}, vintage {vintage}, project {project}, commune {commune}")
}

/// The names of the sums that every cell has.
fn part_names() -> impl Iterator<Item = &'static str> {
    let parts = Sums::default().measures().into_iter();
    let names = parts.map(|(measure, _)| measure.as_str());
    names.chain([Measure::Numerator.as_str()])
}

/// The line that a row is of.
fn line(row: &Value) -> String {
    let codes = ["programme", "province", "year", "source", "type"];
    codes.map(|name| plain(&row[name])).join("/")
}

fn of_parts(sums: &Sums) -> Figures {
    let parts = sums.measures().into_iter();
    let parts = parts.map(|(measure, dong)| (measure.as_str().to_owned(), dong.to_string()));
    let disbursed = sums.of(Part::Disbursed).to_string();
    let in_kind: Vec<_> = sums
        .in_kind()
        .map(|(kind, quantity, dong)| {
            given(
                kind.as_str(),
                &quantity.normalize().to_string(),
                &dong.to_string(),
            )
        })
        .collect();
    let others = [
        (Measure::Numerator.as_str().to_owned(), disbursed),
        ("in_kind".to_owned(), in_kind.join("; ")),
    ];
    parts.chain(others).collect()
}

fn of_line(sums: &Sums) -> Figures {
    let plan = sums.plan().to_string();
    let figures = [
        ("plan", plan.clone()),
        ("remaining", sums.remaining().to_string()),
        ("numerator", sums.of(Part::Disbursed).to_string()),
        ("denominator", plan),
        ("rate", sums.rate().unwrap_or_else(|| plain(&Value::Null))),
    ];
    figures
        .map(|(name, figure)| (name.to_owned(), figure))
        .into()
}

/// What a row says of these figures.
fn said<'a>(row: &Value, names: impl IntoIterator<Item = &'a str>, with_in_kind: bool) -> Figures {
    let names = names.into_iter();
    let mut said: Figures = names
        .map(|name| (name.to_owned(), plain(&row[name])))
        .collect();
    if with_in_kind {
        let items = list(row, "in_kind").iter();
        let items: Vec<_> = items
            .map(|it| {
                given(
                    &plain(&it["kind"]),
                    &plain(&it["quantity"]),
                    &plain(&it["amount"]),
                )
            })
            .collect();
        said.insert("in_kind".to_owned(), items.join("; "));
    }
    said
}

fn given(kind: &str, quantity: &str, amount: &str) -> String {
    format!("{kind} {quantity} = {amount}")
}

/// Holds one against the other.
fn held(replayed: &Cells, live: &Cells) -> Checked {
    let mut checked = Checked::default();
    let names: BTreeSet<&String> = replayed.keys().chain(live.keys()).collect();
    for cell in names {
        checked.cells += 1;
        let differ = |figure: &str, replayed: &str, live: &str| Difference {
            cell: cell.clone(),
            figure: figure.to_owned(),
            replayed: replayed.to_owned(),
            live: live.to_owned(),
        };
        let (Some(replayed), Some(live)) = (replayed.get(cell), live.get(cell)) else {
            let there = |cells: &Cells| {
                if cells.contains_key(cell) {
                    "there"
                } else {
                    "missing"
                }
            };
            checked.figures += 1;
            checked.differ(differ("the cell", there(replayed), there(live)));
            continue;
        };
        checked.figures += replayed.len();
        for (figure, replayed) in replayed {
            let live = live.get(figure).map_or(NONE, String::as_str);
            if replayed != live {
                checked.differ(differ(figure, replayed, live));
            }
        }
    }
    checked
}
