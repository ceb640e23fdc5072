//! Records as they stand in a file: one object, an array of objects, or a line each.
//!
//! Nothing is understood here but where a record begins and ends: what it says goes to the service
//! byte by byte, so that a mistake in it is judged there.

use anyhow::{Context as _, Result, bail};
use serde_json::value::RawValue;

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
/// What is not UTF-8, or begins as JSON of several lines and is not.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Row>> {
    let text = std::str::from_utf8(bytes).context("it is not UTF-8")?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('[') {
        let records: Vec<&RawValue> =
            serde_json::from_str(text).context("it begins as a JSON array and is not one")?;
        return Ok(numbered(records.iter().map(|record| record.get())));
    }
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let is_whole = serde_json::from_str::<&RawValue>(first).is_ok();
    // One broken line among whole ones is that line's own refusal.
    if is_whole || !first.trim_start().starts_with('{') || lines.any(is_record) {
        return Ok(numbered(text.lines()));
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(record) => Ok(numbered([record.get()])),
        Err(error) => bail!("it is neither JSON nor NDJSON: {error}"),
    }
}

fn is_record(line: &str) -> bool {
    line.starts_with('{') && serde_json::from_str::<&RawValue>(line).is_ok()
}

/// Records in one line each, without blank ones. JSON has line breaks between its words only.
fn numbered<'a>(records: impl IntoIterator<Item = &'a str>) -> Vec<Row> {
    let rows = records.into_iter().zip(1..).map(|(record, number)| Row {
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
