//! Workbooks of the command line, opened again: exact figures, and the question beside them.

use std::path::Path;

use calamine::{Data, Reader as _, Xlsx, open_workbook};
use tempfile::tempdir;

use crate::outlay::{Log, Server, command, text};
use crate::records::{LINE, allocation};

/// The rows of a sheet, the heading first.
fn sheet(file: &Path, name: &str) -> Vec<Vec<Data>> {
    let mut workbook: Xlsx<_> = open_workbook(file).expect("a workbook");
    let range = workbook.worksheet_range(name).expect("the sheet");
    range.rows().map(<[Data]>::to_vec).collect()
}

/// The cell of a row under this heading.
#[track_caller]
fn cell<'a>(rows: &'a [Vec<Data>], row: usize, heading: &str) -> &'a Data {
    let at = rows[0].iter().position(|cell| *cell == *heading);
    &rows[row][at.unwrap_or_else(|| panic!("{heading}: {:?}", rows[0]))]
}

#[test]
fn a_workbook_has_exact_figures_and_its_question() {
    let log = Log::new();
    let file = log.folder().join("answer.xlsx");
    let plan = "123456789012345678";
    let record = allocation("QD-1", 250_000_000_000_000);
    let second = record
        .replace("QD-1", "QD-2")
        .replace("NTM/10/2024", "SPR/10/2024");
    let second = second.replace("250000000000000", &format!("\"{plan}\""));
    log.record(&format!("{record}\n{second}")).ends(0);
    let asked = |flags: &[&str]| {
        let out = ["-o", "xlsx", "--out", text(&file)];
        log.ask(&[flags, &out].concat()).ends(0);
    };
    let number = |number: f64| Data::Float(number);
    asked(&["rates", "--by", "programme", "--as-of", "2024-12-31"]);
    let rows = sheet(&file, "rates");
    assert_eq!(cell(&rows, 1, "programme"), &Data::String("NTM".to_owned()));
    assert_eq!(cell(&rows, 1, "plan"), &number(250_000_000_000_000.0));
    assert_eq!(cell(&rows, 1, "rate"), &number(0.0));
    assert_eq!(cell(&rows, 2, "plan"), &Data::String(plan.to_owned()));
    let said = sheet(&file, "question");
    assert!(said.iter().any(|row| row[0] == *"position"), "{said:?}");
    asked(&["explain", "--measure", "plan", "--programme", "NTM"]);
    let rows = sheet(&file, "explain");
    assert_eq!(
        cell(&rows, 1, "reference"),
        &Data::String("QD-1".to_owned())
    );
    assert_eq!(cell(&rows, 1, "adds.plan"), &number(250_000_000_000_000.0));
    assert!(sheet(&file, "question").iter().any(|row| row[1] == *"NTM"));
    asked(&["lines"]);
    assert_eq!(
        cell(&sheet(&file, "lines"), 1, "plan"),
        &number(250_000_000_000_000.0)
    );
    asked(&["lines", LINE]);
    assert_eq!(
        cell(&sheet(&file, "line"), 1, "balances.plan"),
        &number(250_000_000_000_000.0)
    );
    asked(&["events", "--line", LINE]);
    let rows = sheet(&file, "events");
    assert_eq!(rows.len(), 2);
    assert_eq!(
        cell(&rows, 1, "data.amount"),
        &number(250_000_000_000_000.0)
    );
}

#[test]
fn a_workbook_goes_down_a_pipe() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    let [_, [flag, place]] = server.places();
    let output = command(&["rates", "-o", "xlsx", flag, place]).output();
    let output = output.expect("the binary runs");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.starts_with(b"PK"), "no archive");
}
