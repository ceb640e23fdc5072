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

/// A text that no spreadsheet takes for a formula, which may begin behind what is not seen.
fn harmless(text: &str) -> String {
    let seen = text.trim_start_matches(is_unseen);
    let is_formula = seen.starts_with(|first: char| "=+-@＝＋－＠".contains(first));
    if is_formula || text.starts_with(['\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Whether nobody sees it: blanks, controls, and what Unicode calls format.
fn is_unseen(letter: char) -> bool {
    let is_format = matches!(
        letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    letter.is_whitespace() || letter.is_control() || is_format
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
        for before in [
            " ", "  ", "\u{a0}", "\t ", "\n", "\u{3000}", "\u{200b}", "\u{feff}", "\u{1}",
            "\u{2028}",
        ] {
            for sign in ["=", "+", "-", "@", "＝", "＋", "－", "＠"] {
                let text = format!("{before}{sign}1+1");
                assert_eq!(harmless(&text), format!("'{text}"));
            }
        }
        for text in ["Lào Cai", " Lào Cai", "a=1", "", " "] {
            assert_eq!(harmless(text), text);
        }
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
