//! How figures grew while history was replayed: a line a step, and the programmes at the end.
//!
//! Columns are as wide as the largest sums of a country, because a line is printed before the next
//! one is known.

use events::money::Money;
use projections::facts::Part;
use projections::plain::{Plain, Sums};

use crate::table::{Side, Table, grouped, percent};
use crate::text::Text;

/// The columns of a step and their widths.
const COLUMNS: [(&str, usize); 6] = [
    ("position", 8),
    ("recorded on", 11),
    ("plan", 21),
    ("committed", 21),
    ("disbursed", 21),
    ("rate", 8),
];

/// What stands above the steps.
pub(super) fn heading(coloured: bool) -> Text {
    let mut text = Text::default();
    text.heading(&line(COLUMNS.map(|(name, _)| name.to_owned())), coloured);
    text
}

/// The total after an event.
pub(super) fn step(position: u64, recorded_at: &str, folded: &Plain) -> Text {
    let total = folded.by(|_| ()).remove(&()).unwrap_or_default();
    let day = recorded_at.split('T').next().unwrap_or_default();
    let [plan, committed, disbursed, rate] = figures(&total);
    let cells = [
        position.to_string(),
        day.to_owned(),
        plan,
        committed,
        disbursed,
        rate,
    ];
    Text::of(line(cells))
}

fn line(cells: [String; 6]) -> String {
    let widths = COLUMNS.iter().map(|(_, width)| *width);
    let cells: Vec<_> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:>width$}"))
        .collect();
    cells.join("  ")
}

/// What became of every programme.
pub(super) fn by_programme(folded: &Plain, coloured: bool) -> Text {
    let names = ["plan", "committed", "disbursed", "rate"].map(|name| (name, Side::Right));
    let mut table = Table::new([("programme", Side::Left)].into_iter().chain(names));
    for (programme, sums) in folded.by(|cell| cell.line.programme()) {
        let row = [programme.to_string()].into_iter().chain(figures(&sums));
        table.push(row.collect());
    }
    table.render(coloured)
}

fn figures(sums: &Sums) -> [String; 4] {
    let dong = |sum: Money| grouped(&sum.to_string());
    [
        dong(sums.plan()),
        dong(sums.of(Part::Committed)),
        dong(sums.of(Part::Disbursed)),
        sums.rate()
            .map_or_else(|| "-".to_owned(), |rate| percent(&rate)),
    ]
}

#[cfg(test)]
mod tests {
    use events::Event;
    use events::log::Stored;
    use events::names::LineId;

    use super::*;

    #[test]
    fn a_step_stands_under_the_heading() {
        let mut folded = Plain::default();
        let line = LineId::parse("NTM/10/2024/central/investment").unwrap();
        let data = r#"{"reference":"R","effective_on":"2024-01-05","amount":"1760849800000000",
            "basis":"assigned"}"#;
        let stored = Stored {
            name: "line.allocated".to_owned(),
            version: 1,
            data: data.to_owned(),
        };
        let Event::Line(event) = Event::decode(&line.stream(), &stored).unwrap() else {
            panic!("not of a line");
        };
        folded.add(line, &event);
        let expected = "\
position  recorded on                   plan              committed              disbursed      rate
     812   2025-02-01  1 760 849 800 000 000                      0                      0    0.00 %
";
        let mut text = heading(false);
        text.append(&step(812, "2025-02-01T00:00:00.000000Z", &folded));
        assert_eq!(&*text, expected);
        assert!(text.lines().all(|line| line.chars().count() <= 100));
        assert!(by_programme(&folded, false).contains("NTM        1 760 849 800 000 000"));
    }
}
