//! Tables as CSV (RFC 4180): plain numbers, and on every row what the figures stand on.

use crate::table::{Kind, Table};

/// Writes `table`.
pub fn write(table: &Table) -> String {
    let mut written = String::new();
    let basis = table.basis.iter().map(|(column, _)| column);
    let header = table.columns.iter().chain(basis);
    line(&mut written, header.map(|column| column.name.clone()));
    let basis: Vec<String> = table
        .basis
        .iter()
        .map(|(column, cell)| shown(column.kind, cell.as_deref()))
        .collect();
    for row in &table.rows {
        let cells = table.columns.iter().zip(row);
        let cells = cells.map(|(column, cell)| shown(column.kind, cell.as_deref()));
        line(&mut written, cells.chain(basis.iter().cloned()));
    }
    written
}

fn shown(kind: Kind, cell: Option<&str>) -> String {
    let cell = cell.unwrap_or_default();
    match kind {
        Kind::Text => harmless(cell),
        Kind::Code | Kind::Number | Kind::Money | Kind::Rate | Kind::Day => cell.to_owned(),
    }
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    let starts = |first: char| "=+-@\t\r＝＋－＠".contains(first);
    if text.starts_with(starts) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Writes a row.
fn line(written: &mut String, cells: impl Iterator<Item = String>) {
    for (number, cell) in cells.enumerate() {
        if number > 0 {
            written.push(',');
        }
        if cell.contains(['"', ',', '\n', '\r']) {
            written.push('"');
            written.push_str(&cell.replace('"', "\"\""));
            written.push('"');
        } else {
            written.push_str(&cell);
        }
    }
    written.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_text_is_taken_for_a_formula() {
        for text in ["=1", "+1", "-1", "@a", "\ta", "\ra", "＝1", "＠a"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        assert_eq!(harmless("Lào Cai"), "Lào Cai");
        assert_eq!(shown(Kind::Money, Some("-1")), "-1");
        assert_eq!(shown(Kind::Code, Some("-1")), "-1");
        assert_eq!(shown(Kind::Text, Some("-1")), "'-1");
    }

    #[test]
    fn cells_with_signs_of_their_own_are_quoted() {
        let mut written = String::new();
        line(
            &mut written,
            ["a,b", "c\"d", "e"].map(str::to_owned).into_iter(),
        );
        assert_eq!(written, "\"a,b\",\"c\"\"d\",e\r\n");
    }

    #[test]
    fn every_row_says_what_it_stands_on() {
        let rows = json!([{"project": "-1", "plan": "-1"}, {"project": null, "plan": null}]);
        let table = Table::of("rates", ["project", "plan"], &rows).based("position", 812);
        assert_eq!(
            write(&table),
            "project,plan,position\r\n'-1,-1,812\r\n,,812\r\n"
        );
    }
}
