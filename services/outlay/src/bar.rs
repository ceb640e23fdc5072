//! Bars of a rate, for people who look at a curve before they read it. They are rounded to an
//! eighth of a cell, and nothing else is: figures stand beside them.

use serde_json::Value;

/// How many cells are the whole plan.
const CELLS: i128 = 20;

/// The last cell, where a target of the whole plan stands.
const LAST: usize = 19;

/// Parts of a cell.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// What heads a column of bars.
pub(crate) const SCALE: &str = "0 %            100 %";

/// A cell of what is disbursed.
pub(crate) const PAID: &str = "█";
/// A cell of what is committed and not disbursed.
pub(crate) const PROMISED: &str = "░";
/// Where the target is.
pub(crate) const DUE: &str = "│";

/// What is drawn in millionths of the plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shares {
    rate: Option<i128>,
    committed: Option<i128>,
    target: Option<i128>,
}

impl Shares {
    /// What a point of a curve says; `is_of_plan` where its rate is taken over the plan, of which
    /// what is committed is drawn as well.
    pub(crate) fn of(point: &Value, is_of_plan: bool) -> Self {
        let committed = share(&point["committed"], &point["plan"]);
        Self {
            rate: millionths(&point["rate"]),
            committed: committed.filter(|_| is_of_plan),
            target: millionths(&point["target"]),
        }
    }
}

/// A rate of six places in millionths.
fn millionths(rate: &Value) -> Option<i128> {
    rate.as_str()?.replace('.', "").parse().ok()
}

fn share(part: &Value, whole: &Value) -> Option<i128> {
    let dong = |value: &Value| value.as_str()?.parse::<i128>().ok();
    let whole = dong(whole).filter(|whole| *whole > 0)?;
    Some(dong(part)? * 1_000_000 / whole)
}

/// Eighths of cells, none before the beginning and none after the end.
fn eighths(share: Option<i128>) -> usize {
    let eighths = share.unwrap_or_default() * CELLS * 8 / 1_000_000;
    usize::try_from(eighths.clamp(0, CELLS * 8)).unwrap_or_default()
}

/// The bar of a point.
pub(crate) fn drawn(shares: &Shares) -> String {
    let paid = eighths(shares.rate);
    let promised = eighths(shares.committed).max(paid);
    let mut cells: Vec<&str> = vec![PAID; paid / 8];
    cells.extend(EIGHTHS.get(paid % 8).filter(|part| !part.is_empty()));
    while cells.len() < promised / 8 {
        cells.push(PROMISED);
    }
    if shares.target.is_some() {
        let at = (eighths(shares.target) / 8).min(LAST);
        while cells.len() <= at {
            cells.push(" ");
        }
        if let Some(cell) = cells.get_mut(at) {
            *cell = DUE;
        }
    }
    cells.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rate: i128, committed: i128, target: Option<i128>, expected: &str) {
        let shares = Shares {
            rate: Some(rate),
            committed: Some(committed),
            target,
        };
        assert_eq!(drawn(&shares), expected);
    }

    #[test]
    fn a_bar_is_as_long_as_its_rate() {
        check(0, 0, None, "");
        check(500_000, 0, None, "██████████");
        check(512_500, 0, None, "██████████▎");
        check(1_000_000, 0, None, "████████████████████");
        check(1_700_000, 0, None, "████████████████████");
        check(-100_000, 0, None, "");
    }

    #[test]
    fn what_is_promised_goes_on_where_what_is_paid_ends() {
        check(100_000, 200_000, None, "██░░");
        check(125_000, 200_000, None, "██▌░");
    }

    #[test]
    fn a_target_is_marked_within_and_beyond() {
        check(200_000, 0, Some(100_000), "██│█");
        check(100_000, 0, Some(200_000), "██  │");
        check(0, 0, Some(1_000_000), "                   │");
    }
}
