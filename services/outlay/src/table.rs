//! Tables for people: columns as wide as their widest cell, numbers to the right, no frames.
//!
//! A program reads JSON or CSV instead: nothing here is a format.

use crate::text::{Text, escaped, width};

/// On which side of its column a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows under a heading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    columns: Vec<(String, Side)>,
    rows: Vec<Vec<String>>,
    has_total: bool,
}

impl Table {
    /// A table with these columns and no rows.
    pub(crate) fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Side)>) -> Self {
        let columns = columns
            .into_iter()
            .map(|(name, side)| (escaped(name).into_owned(), side))
            .collect();
        Self {
            columns,
            ..Self::default()
        }
    }

    /// Adds a row: one cell a column.
    pub(crate) fn push(&mut self, row: Vec<String>) {
        // Before widths are taken of it.
        let shown = row.iter().map(|cell| escaped(cell).into_owned());
        self.rows.push(shown.collect());
    }

    /// Adds the last row, which stands apart.
    pub(crate) fn push_total(&mut self, row: Vec<String>) {
        self.push(row);
        self.has_total = true;
    }

    /// The table as text; the heading is bold where there is colour.
    pub(crate) fn render(&self, coloured: bool) -> Text {
        let widths: Vec<usize> = (0..self.columns.len()).map(|at| self.width(at)).collect();
        let names: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let mut text = Text::default();
        text.heading(&self.line(&names, &widths), coloured);
        let total = self.rows.len().saturating_sub(usize::from(self.has_total));
        for (at, row) in self.rows.iter().enumerate() {
            if self.has_total && at == total && total > 0 {
                let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                text.line(rule.join("  "));
            }
            text.line(self.line(row, &widths));
        }
        text
    }

    fn width(&self, at: usize) -> usize {
        let name = self.columns.get(at).map_or(0, |(name, _)| width(name));
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| width(cell)).fold(name, usize::max)
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, width_of), (_, side)) in cells.iter().zip(widths).zip(&self.columns) {
            let space = " ".repeat(width_of.saturating_sub(width(cell)));
            if !line.is_empty() {
                line.push_str("  ");
            }
            match side {
                Side::Left => line.extend([cell, space.as_str()]),
                Side::Right => line.extend([space.as_str(), cell]),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// Whole đồng with their thousands apart: `1 782 000 000 000`.
pub(crate) fn grouped(dong: &str) -> String {
    let (sign, digits) = dong.strip_prefix('-').map_or(("", dong), |it| ("-", it));
    let mut text = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A rate of six places as a percentage of two, half away from zero: `73.67 %`.
pub(crate) fn percent(rate: &str) -> String {
    let (sign, digits) = rate.strip_prefix('-').map_or(("", rate), |it| ("-", it));
    let millionths: Option<i128> = digits.replace('.', "").parse().ok();
    match (millionths, digits.rsplit_once('.').map(|(_, it)| it.len())) {
        (Some(millionths), Some(6)) => {
            let hundredths = (millionths + 50) / 100;
            let (whole, rest) = (hundredths / 100, hundredths % 100);
            let sign = if hundredths == 0 { "" } else { sign };
            format!("{sign}{whole}.{rest:02} %")
        }
        _ => rate.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right_and_the_total_apart() {
        let mut table = Table::new([("programme", Side::Left), ("plan", Side::Right)]);
        table.push(vec!["NTM".to_owned(), grouped("431000000000")]);
        table.push(vec!["Lào Cai".to_owned(), grouped("5")]);
        table.push_total(vec!["total".to_owned(), grouped("431000000005")]);
        let expected = "\
programme             plan
NTM        431 000 000 000
Lào Cai                  5
---------  ---------------
total      431 000 000 005
";
        assert_eq!(&*table.render(false), expected);
        assert!(table.render(true).starts_with("\u{1b}[1mprogramme"));
    }

    #[test]
    fn a_cell_forges_no_row_and_keeps_its_column() {
        let mut table = Table::new([("reference", Side::Left), ("field", Side::Left)]);
        table.push(vec!["KB\r\n2\u{1b}[8m".to_owned(), "a".to_owned()]);
        table.push(vec!["La\u{300}o".to_owned(), "b".to_owned()]);
        let expected = "\
reference         field
KB\\r\\n2\\u{1b}[8m  a
La\u{300}o               b
";
        assert_eq!(&*table.render(false), expected);
    }

    #[test]
    fn dong_are_grouped_by_three() {
        let shown = ["0", "999", "1000", "-1782000000000"].map(grouped);
        assert_eq!(shown, ["0", "999", "1 000", "-1 782 000 000 000"]);
    }

    #[test]
    fn a_rate_is_shown_as_a_percentage_half_away_from_zero() {
        let shown = ["0.736668", "1.000000", "0.127950", "-0.000250", "-0.000049"].map(percent);
        assert_eq!(
            shown,
            ["73.67 %", "100.00 %", "12.80 %", "-0.03 %", "0.00 %"]
        );
    }
}
