//! Records as they stand in a file: one object, an array of objects, or a line each.
//!
//! Nothing is understood here but where a record begins and ends: what it says goes to the service
//! byte by byte, so that a mistake in it is judged there.

use anyhow::{Context as _, Result, bail};
use serde_json::value::RawValue;

use crate::encoding::{MARK, decoded};

/// A record of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its number in the file, by which a person finds it: that of its line, or its place in the
    /// array; the first is 1.
    pub(crate) number: usize,
    /// The record in one line.
    pub(crate) text: String,
}

/// The records of `bytes`.
///
/// # Errors
/// What is no text, or begins as JSON of several lines and is not.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Row>> {
    let text = decoded(bytes)?;
    if text.trim_start().starts_with('[') {
        let records: Vec<&RawValue> =
            serde_json::from_str(&text).context("it begins as a JSON array and is not one")?;
        return Ok(numbered(records.iter().map(|record| record.get())));
    }
    // Files that were joined have a mark each.
    let lines = || text.lines().map(without_marks);
    let mut written = lines().filter(|line| !line.trim().is_empty());
    let first = written.next().unwrap_or_default();
    let is_whole = joined(first).iter().all(|record| is_json(record));
    // One broken line among whole ones is that line's own refusal.
    if is_whole || !first.trim_start().starts_with('{') || written.any(is_record) {
        let rows = lines().zip(1..).flat_map(|(line, number)| {
            let records = joined(line).into_iter();
            records.map(move |record| (number, record))
        });
        return Ok(rows_of(rows));
    }
    match serde_json::from_str::<&RawValue>(&text) {
        Ok(record) => Ok(numbered([record.get()])),
        Err(error) => bail!("it is neither JSON nor NDJSON: {error}"),
    }
}

/// `line` without the marks that it begins with, and the blanks before them.
fn without_marks(mut line: &str) -> &str {
    while let Some(rest) = line.trim_start().strip_prefix(MARK) {
        line = rest;
    }
    line
}

fn is_record(line: &str) -> bool {
    line.starts_with('{') && is_json(line)
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

/// The records of a line: several where files were joined of which one has no line end, so that the
/// mark of the next one stands between two whole records.
fn joined(line: &str) -> Vec<&str> {
    let records = line.split(MARK).filter(|record| !record.trim().is_empty());
    let records: Vec<&str> = records.collect();
    if records.len() > 1 && records.iter().all(|record| is_json(record)) {
        return records;
    }
    vec![line]
}

/// Records under their places.
fn numbered<'a>(records: impl IntoIterator<Item = &'a str>) -> Vec<Row> {
    rows_of((1..).zip(records))
}

/// Records in one line each, without blank ones. JSON has line breaks between its words only.
fn rows_of<'a>(records: impl Iterator<Item = (usize, &'a str)>) -> Vec<Row> {
    let rows = records.map(|(number, record)| Row {
        number,
        text: record.replace(['\n', '\r'], " "),
    });
    rows.filter(|row| !row.text.trim().is_empty()).collect()
}

/// Rows in chunks that a server takes, of at most `most` rows and `bytes` bytes.
pub(crate) fn chunks(rows: &[Row], most: usize, bytes: usize) -> Vec<&[Row]> {
    let mut chunks = Vec::new();
    let mut rest = rows;
    while !rest.is_empty() {
        let mut size = 0;
        let fits = rest.iter().take(most).take_while(|row| {
            size += row.text.len() + 1;
            size <= bytes
        });
        // A row that is too large alone goes alone, and is refused by the server.
        let (chunk, after) = rest.split_at(fits.count().max(1));
        chunks.push(chunk);
        rest = after;
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, records: &[&str]) {
        let rows = read(file.as_bytes()).unwrap();
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        assert_eq!(texts, records);
    }

    #[test]
    fn reads_an_object_an_array_and_lines() {
        check(r#"{"a":1}"#, &[r#"{"a":1}"#]);
        check("{\n \"a\": 1\n}\n", &["{  \"a\": 1 }"]);
        check(r#"[{"a":1}, {"b":2}]"#, &[r#"{"a":1}"#, r#"{"b":2}"#]);
        check("{\"a\":1}\r\n\n{\"b\":2}\n", &[r#"{"a":1}"#, r#"{"b":2}"#]);
        check("\u{feff}{\"a\":1}\n", &[r#"{"a":1}"#]);
        check("", &[]);
        check("[]", &[]);
    }

    #[test]
    fn files_that_were_joined_have_marks_between_their_records() {
        let two = &[r#"{"a":1}"#, r#"{"b":2}"#];
        check("\u{feff}{\"a\":1}\r\n\u{feff}{\"b\":2}\r\n", two);
        check("\u{feff}{\"a\":1}\u{feff}{\"b\":2}", two);
        check(
            "\u{feff}\u{feff}\n{\"a\":1}\n\u{feff}\u{feff}{\"b\":2}",
            two,
        );
        check("{\"a\":1}\n\u{feff}{\"b\":\n", &[r#"{"a":1}"#, r#"{"b":"#]);
        let text = "{\"a\":\"x\u{feff}y\"}";
        check(text, &[text]);
        let units = "{\"a\":1}\r\n\u{feff}{\"b\":2}".encode_utf16();
        let bytes: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(units.flat_map(u16::to_le_bytes))
            .collect();
        let rows = read(&bytes).unwrap();
        assert_eq!(
            rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>(),
            two
        );
    }

    #[test]
    fn a_row_has_the_number_of_its_line_or_its_place() {
        let numbers = |file: &str| -> Vec<usize> {
            let rows = read(file.as_bytes()).unwrap();
            rows.iter().map(|row| row.number).collect()
        };
        assert_eq!(numbers("{}\n\n{}\n"), [1, 3]);
        assert_eq!(numbers("[{},\n\n{}]"), [1, 2]);
    }

    #[test]
    fn what_a_record_says_stays_as_it_is() {
        check(
            r#"[{"a":1.50,"a":"\u00e0"}]"#,
            &[r#"{"a":1.50,"a":"\u00e0"}"#],
        );
    }

    #[test]
    fn a_broken_line_is_a_row_of_its_own() {
        check("{\"a\":\n{\"b\":2}\n", &["{\"a\":", r#"{"b":2}"#]);
        check("a;b\n1;2\n", &["a;b", "1;2"]);
    }

    #[test]
    fn refuses_what_breaks_off() {
        assert!(read(b"[{\"a\":1},").is_err());
        assert!(read(b"{\n\"a\":").is_err());
        assert!(read(b"\xff").is_err());
    }

    #[test]
    fn chunks_hold_every_row_once() {
        let rows = read(b"{}\n{\"a\":1}\n{}\n{}\n").unwrap();
        let sizes = |most, bytes| -> Vec<usize> {
            let chunks = chunks(&rows, most, bytes);
            chunks.into_iter().map(<[Row]>::len).collect()
        };
        assert_eq!(sizes(3, 100), [3, 1]);
        assert_eq!(sizes(9, 7), [1, 1, 2]);
        assert_eq!(sizes(9, 1), [1, 1, 1, 1]);
    }
}
