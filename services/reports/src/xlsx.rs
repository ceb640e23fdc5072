//! Tables as workbooks: the rows on one sheet, the question they answer on another.
//!
//! A figure is a number where a spreadsheet keeps every digit of it, and text where it would round.
//! No time of writing is inside: the same table is the same bytes.

use rust_xlsxwriter::{
    ColNum, DocProperties, ExcelDateTime, Format, FormatAlign, RowNum, Workbook, Worksheet,
    XlsxError,
};
use thiserror::Error;

use crate::table::{Column, Kind, Table};

/// Where bytes are made of a table, the day on which every workbook says it was made: that of the
/// format's own beginning of time in a zip archive.
const MADE_ON: (u16, u8, u8) = (1980, 1, 1);

/// Most digits that a spreadsheet keeps of a number.
const DIGITS: usize = 15;

/// The whole numbers that a spreadsheet can tell apart end here.
const LARGEST: u64 = 1 << 53;

/// The width of a column, in characters.
const WIDTHS: std::ops::RangeInclusive<usize> = 8..=48;

/// What is said of every workbook's figures.
const NOTES: [(&str, &str); 2] = [
    (
        "sums",
        "whole đồng; one of more than 15 digits that a spreadsheet would round is written as text",
    ),
    ("rates", "fractions, shown as percentages"),
];

/// Why an answer is no workbook.
#[derive(Debug, Error)]
#[error(
    "the answer does not fit into a workbook, which holds 1,048,576 rows, 16,384 columns and \
     32,767 characters in a cell; ask for csv"
)]
pub struct TooLarge(#[from] XlsxError);

/// Writes `table`.
///
/// # Errors
/// [`TooLarge`] where a workbook cannot hold it.
pub fn write(table: &Table) -> Result<Vec<u8>, TooLarge> {
    let (year, month, day) = MADE_ON;
    let made_on = ExcelDateTime::from_ymd(year, month, day)?;
    let mut workbook = Workbook::new();
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made_on));
    let formats = Formats::new();
    rows(
        workbook.add_worksheet().set_name(table.name)?,
        table,
        &formats,
    )?;
    question(
        workbook.add_worksheet().set_name("question")?,
        table,
        &formats,
    )?;
    Ok(workbook.save_to_buffer()?)
}

/// How cells look.
struct Formats {
    heading: Format,
    text: Format,
    number: Format,
    money: Format,
    long_money: Format,
    rate: Format,
    day: Format,
}

impl Formats {
    fn new() -> Self {
        let plain = Format::new;
        Self {
            heading: plain().set_bold(),
            text: plain(),
            number: plain().set_num_format("0"),
            money: plain().set_num_format("#,##0"),
            long_money: plain().set_align(FormatAlign::Right),
            rate: plain().set_num_format("0.00%"),
            day: plain().set_num_format("yyyy-mm-dd"),
        }
    }
}

fn rows(sheet: &mut Worksheet, table: &Table, formats: &Formats) -> Result<(), XlsxError> {
    for (at, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(0, at, &column.name, &formats.heading)?;
        sheet.set_column_width(at, width(table, at, column))?;
    }
    for (row, cells) in (1..).zip(&table.rows) {
        for ((at, column), cell) in (0..).zip(&table.columns).zip(cells) {
            if let Some(cell) = cell {
                write_cell(sheet, (row, at), column.kind, cell, formats)?;
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// What was asked, and on what the figures stand.
fn question(sheet: &mut Worksheet, table: &Table, formats: &Formats) -> Result<(), XlsxError> {
    sheet.set_column_width(0, 20)?;
    sheet.set_column_width(1, 60)?;
    let said = |sheet: &mut Worksheet, row, name: &str, kind, cell: &str| {
        sheet.write_string_with_format(row, 0, name, &formats.heading)?;
        write_cell(sheet, (row, 1), kind, cell, formats)
    };
    said(sheet, 0, "answer", Kind::Code, table.name)?;
    let asked = table
        .asked
        .iter()
        .map(|(name, value)| (name.as_str(), Kind::Text, value.as_str()));
    let basis = table.basis.iter().map(|(column, cell)| {
        (
            column.name.as_str(),
            column.kind,
            cell.as_deref().unwrap_or_default(),
        )
    });
    let notes = NOTES.map(|(name, note)| (name, Kind::Text, note));
    for (row, (name, kind, cell)) in (1..).zip(basis.chain(asked).chain(notes)) {
        said(sheet, row, name, kind, cell)?;
    }
    Ok(())
}

fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (RowNum, ColNum),
    kind: Kind,
    cell: &str,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let number = cell.parse::<f64>().ok().filter(|_| is_exact(kind, cell));
    let format = match (kind, number) {
        (Kind::Money, Some(_)) => &formats.money,
        (Kind::Money, None) => &formats.long_money,
        (Kind::Number, _) => &formats.number,
        (Kind::Rate, _) => &formats.rate,
        (Kind::Code | Kind::Text | Kind::Day, _) => &formats.text,
    };
    if kind == Kind::Day
        && let Ok(day) = ExcelDateTime::parse_from_str(cell)
    {
        sheet.write_datetime_with_format(row, column, &day, &formats.day)?;
    } else if let Some(number) = number {
        sheet.write_number_with_format(row, column, number, format)?;
    } else {
        sheet.write_string_with_format(row, column, cell, format)?;
    }
    Ok(())
}

/// Whether a spreadsheet keeps every digit of a cell as a number.
fn is_exact(kind: Kind, cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    match kind {
        Kind::Rate => true,
        Kind::Money | Kind::Number => {
            digits.trim_end_matches('0').len() <= DIGITS
                && digits.parse::<u64>().is_ok_and(|it| it <= LARGEST)
        }
        Kind::Code | Kind::Text | Kind::Day => false,
    }
}

/// How wide a column is, in characters, thousands apart and all.
fn width(table: &Table, at: ColNum, column: &Column) -> u16 {
    let wide = |cell: &str| {
        let length = cell.chars().count();
        match column.kind {
            Kind::Money => length + length / 3,
            Kind::Code | Kind::Text | Kind::Number | Kind::Rate | Kind::Day => length,
        }
    };
    let cells = table
        .rows
        .iter()
        .filter_map(|row| row.get(usize::from(at))?.as_deref());
    let widest = cells
        .map(wide)
        .fold(column.name.chars().count(), usize::max)
        + 1;
    u16::try_from(widest.clamp(*WIDTHS.start(), *WIDTHS.end())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use calamine::{Data, DataType as _, Reader as _, Xlsx};
    use serde_json::json;

    use super::*;

    fn table() -> Table {
        let rows = json!([
            {"province": "01", "date": "2025-01-31", "plan": "9007199254740993", "year": 2024,
             "committed": "1082000000000000", "disbursed": "-999999999999999", "rate": "0.736668",
             "project": "=1+1"},
            {"province": "10", "plan": null},
        ]);
        let columns = [
            "province",
            "date",
            "plan",
            "year",
            "committed",
            "disbursed",
            "rate",
            "project",
        ];
        Table::of("rates", columns, &rows)
            .based("position", 812)
            .based("as_of", "2025-01-31")
            .asked("year", "2024")
    }

    fn read(bytes: Vec<u8>, sheet: &str) -> Vec<Vec<Data>> {
        let mut workbook = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
        let range = workbook.worksheet_range(sheet).unwrap();
        range.rows().map(<[Data]>::to_vec).collect()
    }

    #[test]
    fn a_figure_is_a_number_only_where_no_digit_is_lost() {
        let rows = read(write(&table()).unwrap(), "rates");
        let text = |text: &str| Data::String(text.to_owned());
        let cells = &rows[1];
        assert_eq!(cells[0], text("01"));
        assert_eq!(cells[2], text("9007199254740993"));
        assert_eq!(cells[3], Data::Float(2024.0));
        assert_eq!(cells[4], Data::Float(1_082_000_000_000_000.0));
        assert_eq!(cells[5], Data::Float(-999_999_999_999_999.0));
        assert_eq!(cells[6], Data::Float(0.736_668));
        assert_eq!(cells[7], text("=1+1"));
        assert!(cells[1].is_datetime(), "{:?}", cells[1]);
        assert_eq!(rows[2][2], Data::Empty);
    }

    #[test]
    fn the_last_number_kept_and_the_first_one_not() {
        for (dong, exact) in [
            ("999999999999999", true),
            ("1000000000000000", true),
            ("1000000000000001", false),
            ("9007199254740990", true),
            ("9007199254740992", false),
            ("9007199254741000", false),
            ("-1000000000000001", false),
            ("100000000000000000000", false),
            ("0", true),
        ] {
            assert_eq!(is_exact(Kind::Money, dong), exact, "{dong}");
        }
    }

    #[test]
    fn the_question_goes_with_the_file() {
        let rows = read(write(&table()).unwrap(), "question");
        let names: Vec<String> = rows.iter().map(|row| row[0].to_string()).collect();
        assert_eq!(
            names,
            ["answer", "position", "as_of", "year", "sums", "rates"]
        );
        assert_eq!(rows[1][1], Data::Float(812.0));
        assert_eq!(rows[3][1], Data::String("2024".to_owned()));
    }

    #[test]
    fn the_same_table_is_the_same_bytes_at_any_time() {
        let bytes = write(&table()).unwrap();
        assert_eq!(bytes, write(&table()).unwrap());
        // What the properties say of times would change this with every second.
        assert_eq!(checksum(&bytes, b"docProps/core.xml"), 2_430_505_669);
    }

    /// The checksum of a file, which the directory at the end of its archive has 30 bytes before its
    /// name.
    fn checksum(archive: &[u8], name: &[u8]) -> u32 {
        let mut names = archive.windows(name.len());
        let at = names.rposition(|it| it == name).unwrap();
        let bytes = &archive[at - 30..at - 26];
        u32::from_le_bytes(bytes.try_into().unwrap())
    }

    #[test]
    fn what_a_cell_cannot_hold_is_told() {
        let long = json!([{"project": "x".repeat(32_768)}]);
        let refused = write(&Table::of("rates", ["project"], &long)).unwrap_err();
        assert!(refused.to_string().contains("csv"), "{refused}");
    }
}
