//! The fast path against the naive model, over random histories and questions.

use events::register::UnitKind;
use events::statement::Measure;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

use super::asked::asked;
use super::book::Told;
use super::model::{Answer, Fraction, Sum, answer, terms};
use super::said::{history, history_of};
use super::status::status;
use super::story::SHAPES;
use crate::question::{Dimension, Question};
use crate::rates::rates;
use crate::row::Row;
use crate::{Figures, Rate, Status};

/// So many cases, or more where `PROPTEST_CASES` asks for more.
pub(super) fn cases(least: u32) -> ProptestConfig {
    // The default reads the variable.
    let config = ProptestConfig::default();
    let cases = config.cases.max(least);
    ProptestConfig { cases, ..config }
}

/// A rate in millionths.
fn millionths(rate: Rate) -> i128 {
    let mut decimal = rate.decimal();
    decimal.rescale(6);
    decimal.mantissa()
}

/// Whether a rate is a fraction rounded to six places, half away from zero; and there is none where
/// the fraction has none.
#[track_caller]
pub(super) fn same_rate(
    what: &str,
    rate: Option<Rate>,
    fraction: Option<Fraction>,
) -> Result<(), TestCaseError> {
    let fraction = fraction.filter(|(_, over)| *over > 0);
    let same = match (rate.map(millionths), fraction) {
        (None, None) => true,
        (Some(rate), Some((sum, over))) => {
            let left = sum * 1_000_000 - rate * over;
            let is_tie = 2 * left.abs() == over;
            2 * left.abs() < over || (is_tie && left.signum() == -rate.signum())
        }
        _ => false,
    };
    prop_assert!(same, "{what}: {rate:?} is not {fraction:?}");
    Ok(())
}

/// Compares every measure of a row with what the model sums.
pub(super) fn same_row(
    told: &Told,
    question: &Question,
    row: &Row,
    sum: &Sum,
) -> Result<(), TestCaseError> {
    let of = |measure| terms(measure, question).map(|terms| sum.of(&terms));
    let all = Measure::KNOWN.iter().filter_map(|word| Measure::find(word));
    for measure in all.filter(|measure| !measure.is_rate()) {
        let dong = of(measure).map(|dong| Decimal::from_i128_with_scale(dong, 0));
        prop_assert_eq!((measure, row.figure(measure)), (measure, dong));
    }
    let over = of(Measure::Denominator);
    let side = |measure| of(measure).zip(over);
    same_rate("rate", row.rate, side(Measure::Numerator))?;
    same_rate("committed", row.commitment_rate, side(Measure::Committed))?;
    same_rate("target", row.target, sum.target(&told.book, question))?;
    let behind_by = row.target.zip(row.rate);
    let behind_by = behind_by.map(|(target, rate)| millionths(target) - millionths(rate));
    prop_assert_eq!(row.behind_by.map(millionths), behind_by);
    let status = behind_by.and_then(|behind_by| status(&told.book, question, sum, behind_by));
    prop_assert_eq!(row.status.map(Status::as_str), status);
    let in_kind = row.in_kind.iter().map(|it| {
        let mut quantity = it.quantity;
        quantity.rescale(6);
        (it.kind, (quantity.mantissa(), it.amount.to_dong()))
    });
    let given = sum.given.iter().map(|(kind, given)| (*kind, *given));
    let given: Vec<_> = given.filter(|(_, given)| *given != (0, 0)).collect();
    prop_assert_eq!(in_kind.collect::<Vec<_>>(), given);
    Ok(())
}

/// Asks the figures and the model.
pub(super) fn same_answer(told: &Told, question: &Question) -> Result<(), TestCaseError> {
    same_as(told, told.figures(), question)
}

/// Asks these figures and the model, which must have been told the same.
pub(super) fn same_as(
    told: &Told,
    figures: &Figures,
    question: &Question,
) -> Result<(), TestCaseError> {
    let found = rates(figures, question);
    let Answer {
        groups,
        total,
        overlap,
    } = answer(&told.book, question);
    let values = found.groups.iter().map(|group| group.values.clone());
    let expected: Vec<_> = groups.keys().cloned().collect();
    prop_assert_eq!(values.collect::<Vec<_>>(), expected);
    let registers = told.book.registers(question.as_of.known);
    for (group, sum) in found.groups.iter().zip(groups.values()) {
        same_row(told, question, &group.row, sum)?;
        let name = |kind, by| {
            let asked = question.by.contains(&by);
            asked.then(|| sum.name(kind, &registers, question))
        };
        let programme = name(UnitKind::Programme, Dimension::Programme);
        prop_assert_eq!(&group.programme_name, &programme);
        let province = name(UnitKind::Province, Dimension::Province);
        prop_assert_eq!(&group.province_name, &province);
    }
    same_row(told, question, &found.total, &total)?;
    prop_assert_eq!(found.overlap, overlap);
    Ok(())
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn every_question_has_the_answer_of_a_list_and_a_loop(
        shape in select(&SHAPES[..]),
        history in history(),
        questions in proptest::collection::vec(asked(), 8),
    ) {
        let told = Told::of(shape, &history);
        for asked in &questions {
            same_answer(&told, &asked.question(&told))?;
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn every_point_of_both_clocks_has_its_answer(
        shape in select(&SHAPES[..]),
        history in history_of(12),
        asked in asked(),
    ) {
        let told = Told::of(shape, &history);
        let mut question = asked.question(&told);
        let days = told.book.facts.iter().flat_map(|fact| {
            let day = fact.day.date();
            [day.pred_opt(), Some(day), day.succ_opt()]
        });
        let days: std::collections::BTreeSet<_> = days.flatten().collect();
        for day in days {
            for known in &told.positions {
                question.as_of.effective = day.into();
                question.as_of.known = *known;
                same_answer(&told, &question)?;
            }
        }
    }
}
