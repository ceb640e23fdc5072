//! Which table each answer is: its columns, in their order, and what its figures stand on.

use events::statement::Measure;
use serde_json::{Value, json};

use crate::table::{Table, cell, find};

/// The columns of figures that are no measures.
const DERIVED: [&str; 4] = ["target", "behind_by", "status", "in_kind"];

/// The day that figures hold for.
pub(crate) const DAY: [(&str, &str); 1] = [("as_of", "as_of")];

/// The position that figures are known at.
pub(crate) const POSITION: [(&str, &str); 1] = [("position", "known_at.position")];

/// What a rate is made of, and by whose codes units are named.
pub(crate) const BASIS: [(&str, &str); 5] = [
    ("numerator_basis", "basis.numerator"),
    ("certainty_basis", "basis.certainty"),
    ("money_basis", "basis.money"),
    ("denominator_basis", "basis.denominator"),
    ("boundaries", "boundaries"),
];

/// The columns of an event, but for its payload.
const EVENT: [&str; 8] = [
    "position",
    "recorded_at",
    "effective_on",
    "name",
    "stream",
    "revision",
    "reference",
    "actor",
];

/// The columns of a line that is listed.
const LISTED: [&str; 8] = [
    "line",
    "opened_on",
    "revision",
    "plan",
    "committed",
    "disbursed",
    "remaining",
    "rate",
];

/// The columns of what is open on a line.
const OPEN: [&str; 11] = [
    "reference",
    "effective_on",
    "amount",
    "paid",
    "left",
    "outstanding",
    "commitment",
    "vintage",
    "project",
    "commune",
    "payee",
];

/// The balances of a line.
const BALANCES: [&str; 16] = [
    "plan",
    "assigned",
    "local_increase",
    "carried_in",
    "reallocated",
    "recalled",
    "carried_out",
    "remaining",
    "free",
    "detailed",
    "committed",
    "unpaid",
    "disbursed",
    "advances_outstanding",
    "estimated",
    "rate",
];

/// The rows of an answer about rates that is grouped by these dimensions.
pub fn rates(answer: &Value, by: &[&str]) -> Table {
    let figures = Measure::KNOWN.iter().chain(&DERIVED).copied();
    let columns = dimensions(by).into_iter().chain(figures);
    let table = Table::of("rates", columns, &answer["rows"])
        .on(answer, &DAY)
        .on(answer, &POSITION)
        .on(answer, &BASIS);
    recorded(overlapping(table, answer), answer, "known_at")
}

/// The points of a curve.
pub fn series(answer: &Value) -> Table {
    let columns = [
        "date",
        "plan",
        "target",
        "committed",
        "disbursed",
        "rate",
        "last_year_rate",
    ];
    let table = Table::of("series", columns, &answer["points"])
        .on(answer, &POSITION)
        .on(answer, &BASIS);
    let table = ["from", "to", "step"]
        .into_iter()
        .fold(table, |table, name| {
            table.asked(name, cell(answer.get(name)).unwrap_or_default())
        });
    recorded(table, answer, "known_at")
}

/// The events behind a figure, and what each adds to it.
pub fn explain(answer: &Value) -> Table {
    let adds = added(answer["measure"].as_str().unwrap_or_default());
    let adds: Vec<String> = adds
        .iter()
        .map(|measure| format!("adds.{measure}"))
        .collect();
    let columns = EVENT.into_iter().chain(adds.iter().map(String::as_str));
    let table = Table::of("explain", columns, &answer["events"])
        .on(
            answer,
            &[
                ("measure", "measure"),
                ("figure", "figure"),
                ("as_of", "as_of"),
            ],
        )
        .on(answer, &[("known_at", "known_at.position")])
        .on(answer, &BASIS);
    recorded(table, answer, "known_at")
}

/// The measures that the events behind one add to.
pub fn added(measure: &str) -> Vec<&str> {
    match Measure::find(measure) {
        Some(Measure::Rate) => vec!["numerator", "denominator"],
        Some(Measure::CommitmentRate) => vec!["committed", "denominator"],
        _ => vec![measure],
    }
}

/// Every row before and after, grouped by these dimensions, and the events between that moved it.
pub fn compare(answer: &Value, by: &[&str]) -> Table {
    let both = |measure: &&str| [format!("before.{measure}"), format!("after.{measure}")];
    let both: Vec<String> = Measure::KNOWN.iter().flat_map(both).collect();
    let moved = ["event_count", "first_event", "last_event"];
    let columns = dimensions(by)
        .into_iter()
        .chain(both.iter().map(String::as_str))
        .chain(moved);
    let rows: Vec<Value> = items(&answer["rows"]).iter().map(with_moved).collect();
    let table = Table::of("compare", columns, &Value::Array(rows))
        .on(answer, &DAY)
        .on(answer, &[("from", "from.position"), ("to", "to.position")])
        .on(answer, &BASIS);
    recorded(recorded(table, answer, "from"), answer, "to")
}

/// The row with how many events moved it, the first and the last: there may be any number.
fn with_moved(row: &Value) -> Value {
    let events = items(&row["events"]);
    with(
        row,
        [
            ("event_count", events.len().into()),
            ("first_event", events.first().cloned().unwrap_or_default()),
            ("last_event", events.last().cloned().unwrap_or_default()),
        ],
    )
}

/// The object with these fields too.
fn with<const N: usize>(object: &Value, fields: [(&str, Value); N]) -> Value {
    let mut all = object.as_object().cloned().unwrap_or_default();
    all.extend(fields.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(all)
}

/// Lines with their sums, whatever the day, as known at this position.
pub fn lines(answer: &Value, position: u64) -> Table {
    Table::of("lines", LISTED, &answer["lines"]).based("position", position)
}

/// One line: its balances, and what is open on it, a row each.
pub fn line(answer: &Value, position: u64) -> Table {
    let mut rows = vec![json!({"kind": "line", "balances": answer["balances"]})];
    for (kind, field) in [("commitment", "commitments"), ("advance", "advances")] {
        let open = items(&answer[field]).iter();
        rows.extend(open.map(|open| with(open, [("kind", kind.into())])));
    }
    let balances = BALANCES.map(|name| format!("balances.{name}"));
    let columns = ["kind"].into_iter().chain(OPEN);
    let columns = columns.chain(balances.iter().map(String::as_str));
    Table::of("line", columns, &Value::Array(rows))
        .on(
            answer,
            &[
                ("line", "line"),
                ("opened_on", "opened_on"),
                ("revision", "revision"),
            ],
        )
        .on(
            answer,
            &[
                ("window.from", "window.from"),
                ("window.until", "window.until"),
            ],
        )
        .based("position", position)
}

/// Events in log order, with their payloads.
pub fn events(answer: &Value) -> Table {
    let columns = EVENT
        .into_iter()
        .chain(["id", "version", "data.amount", "data"]);
    Table::of("events", columns, &answer["events"])
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// The columns that rows are grouped by: a code is followed by its name.
fn dimensions<'a>(by: &[&'a str]) -> Vec<&'a str> {
    let columns = by.iter().flat_map(|dimension| match *dimension {
        "programme" => vec!["programme", "programme_name"],
        "province" => vec!["province", "province_name"],
        other => vec![other],
    });
    columns.collect()
}

pub(crate) fn recorded(table: Table, answer: &Value, position: &str) -> Table {
    let instant = find(answer, &format!("{position}.recorded_at"));
    match cell(instant) {
        Some(instant) => table.asked(&format!("{position} recorded at"), instant),
        None => table,
    }
}

fn overlapping(table: Table, answer: &Value) -> Table {
    if answer["overlap"] == true {
        let what = "some capital is in more than one row: PUB holds the other programmes, 00 the \
                    provinces";
        table.asked("overlap", what)
    } else {
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv;

    fn basis() -> Value {
        json!({"numerator": "gross", "certainty": "confirmed", "money": "all",
            "denominator": "total"})
    }

    #[test]
    fn a_code_is_followed_by_its_name() {
        let answer = json!({"as_of": "2025-01-31", "boundaries": "recorded", "basis": basis(),
            "known_at": {"position": 7}, "rows": [{"province": "10", "province_name": "Lào Cai"}]});
        let written = csv::write(&rates(&answer, &["province", "year"]));
        assert!(
            written.starts_with("province,province_name,year,plan,"),
            "{written}"
        );
        let basis = ",2025-01-31,7,gross,confirmed,all,total,recorded\r\n";
        assert!(written.ends_with(basis), "{written}");
    }

    #[test]
    fn an_event_stands_beside_what_it_adds() {
        let answer = json!({"measure": "rate", "figure": "0.500000", "as_of": "2025-01-31",
            "known_at": {"position": 7}, "basis": basis(), "boundaries": "recorded",
            "events": [{"position": 3, "reference": "-1", "adds": {"numerator": "5"}}]});
        let written = csv::write(&explain(&answer));
        let expected = "\
position,recorded_at,effective_on,name,stream,revision,reference,actor,adds.numerator,\
adds.denominator,measure,figure,as_of,known_at,numerator_basis,certainty_basis,money_basis,\
denominator_basis,boundaries\r
3,,,,,,'-1,,5,,rate,0.500000,2025-01-31,7,gross,confirmed,all,total,recorded\r
";
        assert_eq!(written, expected);
    }

    #[test]
    fn a_row_tells_how_many_events_moved_it() {
        let answer = json!({"rows": [{"before": null, "after": {"plan": "1"}, "events": [4, 6]},
            {"before": {"plan": "1"}, "after": {"plan": "1"}, "events": []}]});
        let table = compare(&answer, &[]);
        let last: Vec<_> = table
            .rows
            .iter()
            .map(|row| row[row.len() - 3..].to_vec())
            .collect();
        let cell = |text: &str| Some(text.to_owned());
        assert_eq!(last[0], [cell("2"), cell("4"), cell("6")]);
        assert_eq!(last[1], [cell("0"), None, None]);
        assert_eq!(table.rows[0][..2], [None, cell("1")]);
    }

    #[test]
    fn a_line_has_its_balances_and_what_is_open() {
        let answer = json!({"line": "NTM/10/2024/central/investment", "balances": {"plan": "9"},
            "commitments": [{"reference": "HD-1", "left": "5"}],
            "advances": [{"reference": "TU-1", "outstanding": "2"}]});
        let table = line(&answer, 7);
        let kinds: Vec<_> = table
            .rows
            .iter()
            .map(|row| row[0].clone().unwrap())
            .collect();
        assert_eq!(kinds, ["line", "commitment", "advance"]);
        assert_eq!(table.rows[0][12].as_deref(), Some("9"));
    }
}
