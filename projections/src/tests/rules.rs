//! What the contract says of rates, sentence by sentence.

use events::basis::{Counted, CountedMoney, Denominator, Numerator};
use events::line::{
    Certainty, Disbursement, DisbursementKind, InKind, InKindKind, LineBody, Paid, Recovered,
    Reversed, TransferKind, Undone,
};
use events::money::Money;
use events::names::CapitalType;
use events::text::{Reference, Text};
use rust_decimal::Decimal;

use super::story::*;
use crate::question::{Dimension, Question};
use crate::rates::{Value, rates, total};
use crate::row::Row;

const LINE: &str = "NTM/10/2024/central/investment";
const NEXT: &str = "NTM/10/2025/central/investment";

fn row_of(story: &Story, as_of: &str) -> Row {
    total(&story.figures, &story.ask(as_of, &[]))
}

#[test]
fn counts_what_is_effective_on_or_before_the_day() {
    let mut story = Story::new();
    story.tell(LINE, "2024-01-05", allocated(100));
    story.tell(
        LINE,
        "2024-03-01",
        LineBody::Disbursed(disbursement(40, 2024)),
    );
    assert_eq!(row_of(&story, "2024-02-29").disbursed, Money::ZERO);
    assert_eq!(row_of(&story, "2024-03-01").disbursed, Money::dong(40));
    assert_eq!(
        row_of(&story, "2024-03-01").rate.unwrap().to_string(),
        "0.400000"
    );
}

#[test]
fn a_late_fact_moves_the_day_but_not_an_older_position() {
    let mut story = Story::new();
    let before = story.tell(LINE, "2024-01-05", allocated(100));
    let question = Question {
        ..story.ask("2024-12-31", &[Dimension::Province])
    };
    let answered = rates(&story.figures, &question);
    story.tell(
        LINE,
        "2024-03-01",
        LineBody::Disbursed(disbursement(40, 2024)),
    );
    assert_eq!(rates(&story.figures, &question), answered);
    assert_eq!(question.as_of.known, before);
    assert_eq!(row_of(&story, "2024-12-31").disbursed, Money::dong(40));
}

#[test]
fn every_basis_has_its_own_rate() {
    let mut story = Story::new();
    story.tell(LINE, "2024-01-05", allocated(100));
    story.tell(LINE, "2024-01-05", increased(60));
    story.tell(
        LINE,
        "2024-01-05",
        arrived(TransferKind::CarryOver, NEXT, 40),
    );
    let advance = Disbursement {
        kind: DisbursementKind::Advance,
        ..disbursement(30, 2024)
    };
    story.tell(LINE, "2024-03-01", LineBody::Disbursed(advance));
    story.tell(
        LINE,
        "2024-03-01",
        LineBody::Disbursed(disbursement(20, 2023)),
    );
    let estimate = Disbursement {
        certainty: Certainty::Estimated,
        ..disbursement(10, 2024)
    };
    story.tell(LINE, "2024-03-01", LineBody::Disbursed(estimate));
    let rate = |change: fn(&mut Question)| {
        let mut question = story.ask("2024-12-31", &[]);
        change(&mut question);
        total(&story.figures, &question).rate.unwrap().to_string()
    };
    assert_eq!(rate(|_| {}), "0.250000");
    assert_eq!(
        rate(|it| it.basis.certainty = Counted::WithEstimates),
        "0.300000"
    );
    assert_eq!(
        rate(|it| it.basis.numerator = Numerator::NetOfAdvances),
        "0.100000"
    );
    assert_eq!(
        rate(|it| it.basis.money = CountedMoney::PlanYear),
        "0.150000"
    );
    assert_eq!(
        rate(|it| it.basis.denominator = Denominator::Assigned),
        "0.500000"
    );
    assert_eq!(
        rate(|it| it.basis.denominator = Denominator::AssignedAndLocal),
        "0.312500"
    );
}

#[test]
fn there_is_no_rate_over_nothing() {
    let mut story = Story::new();
    story.tell(
        LINE,
        "2024-03-01",
        LineBody::Disbursed(disbursement(20, 2024)),
    );
    assert_eq!(row_of(&story, "2024-12-31").rate, None);
    assert_eq!(row_of(&story, "2024-12-31").denominator, Some(Money::ZERO));
}

#[test]
fn capital_is_in_transit_until_it_arrives() {
    let mut story = Story::new();
    story.tell(LINE, "2024-01-05", allocated(100));
    story.tell(
        LINE,
        "2025-02-01",
        left(TransferKind::CarryOver, Some(NEXT), 30),
    );
    let between = row_of(&story, "2025-12-31");
    assert_eq!(
        (between.carried_out, between.in_transit),
        (Money::dong(30), Money::dong(30))
    );
    assert_eq!(
        (between.plan, between.remaining),
        (Some(Money::dong(100)), Some(Money::dong(70)))
    );
    story.tell(
        NEXT,
        "2025-02-01",
        arrived(TransferKind::CarryOver, LINE, 30),
    );
    let answer = rates(&story.figures, &story.ask("2025-12-31", &[Dimension::Year]));
    let plans: Vec<_> = answer
        .groups
        .iter()
        .map(|group| group.row.plan.unwrap())
        .collect();
    assert_eq!(plans, [Money::dong(100), Money::dong(30)]);
    assert_eq!(answer.total.in_transit, Money::ZERO);
    assert_eq!(row_of(&story, "2025-01-31").carried_out, Money::ZERO);
}

#[test]
fn reallocation_and_recall_lower_the_plan() {
    let mut story = Story::new();
    story.tell(LINE, "2024-01-05", allocated(100));
    story.tell(LINE, "2024-02-01", left(TransferKind::Recall, None, 10));
    let other = "NTM/19/2024/central/investment";
    story.tell(
        LINE,
        "2024-02-01",
        left(TransferKind::Reallocation, Some(other), 20),
    );
    let row = row_of(&story, "2024-12-31");
    assert_eq!(
        (row.recalled, row.reallocated),
        (Money::dong(10), Money::dong(-20))
    );
    assert_eq!(
        (row.plan, row.in_transit),
        (Some(Money::dong(70)), Money::dong(20))
    );
}

#[test]
fn a_reversal_undoes_from_its_own_day_on() {
    let mut story = Story::new();
    story.tell(LINE, "2024-01-05", allocated(100));
    let advance = Disbursement {
        kind: DisbursementKind::Advance,
        ..disbursement(30, 2024)
    };
    story.tell(LINE, "2024-03-01", LineBody::Disbursed(advance));
    let paid = Paid {
        vintage: year(2024),
        project: None,
        commune: None,
    };
    let (kind, certainty) = (DisbursementKind::Advance, Certainty::Confirmed);
    let undone = Undone::Disbursement {
        kind,
        certainty,
        paid: paid.clone(),
        in_kind: None,
    };
    let (reverses, reason) = (
        Reference::parse("R-1").unwrap(),
        Text::parse("typed twice").unwrap(),
    );
    let amount_back = amount(10);
    let taken_back = Reversed {
        reverses,
        undone,
        amount: amount_back,
        reason,
    };
    story.tell(LINE, "2024-05-01", LineBody::Reversed(taken_back));
    let advance = Reference::parse("R-1").unwrap();
    let recovered = Recovered {
        advance,
        amount: amount(5),
        paid,
    };
    story.tell(LINE, "2024-06-01", LineBody::Recovered(recovered));
    let at = |day| {
        let row = row_of(&story, day);
        (row.disbursed.to_dong(), row.advances_outstanding.to_dong())
    };
    assert_eq!(at("2024-04-30"), (30, 30));
    assert_eq!(at("2024-05-01"), (20, 20));
    assert_eq!(at("2024-06-01"), (20, 15));
}

#[test]
fn a_project_has_what_is_detailed_as_its_plan_and_a_commune_has_none() {
    let mut story = Story::new();
    story.tell(LINE, "2024-01-05", allocated(100));
    let (amount_of, project) = (amount(80), place("DA-1"));
    let detail = events::line::Detail {
        amount: amount_of,
        project,
    };
    story.tell(LINE, "2024-01-06", LineBody::Detailed(detail));
    let (project, commune) = (Some(place("DA-1")), Some(place("02710")));
    let paid = Disbursement {
        project,
        commune,
        ..disbursement(20, 2024)
    };
    story.tell(LINE, "2024-03-01", LineBody::Disbursed(paid));

    let by_project = rates(
        &story.figures,
        &story.ask("2024-12-31", &[Dimension::Project]),
    );
    let values: Vec<_> = by_project
        .groups
        .iter()
        .map(|group| group.values.clone())
        .collect();
    assert_eq!(
        values,
        [vec![Value::None], vec![Value::Text("DA-1".to_owned())]]
    );
    let plans: Vec<_> = by_project
        .groups
        .iter()
        .map(|group| group.row.plan)
        .collect();
    assert_eq!(plans, [Some(Money::ZERO), Some(Money::dong(80))]);
    assert_eq!(by_project.total.rate.unwrap().to_string(), "0.250000");
    assert_eq!(by_project.total.remaining, Some(Money::dong(60)));
    assert_eq!(by_project.total.assigned, Money::dong(100));

    let mut one = story.ask("2024-12-31", &[]);
    one.scope.commune.insert(place("02710"));
    let row = total(&story.figures, &one);
    assert_eq!(
        (row.plan, row.remaining, row.denominator),
        (None, None, None)
    );
    assert_eq!(
        (row.rate, row.commitment_rate, row.disbursed),
        (None, None, Money::dong(20))
    );
}

#[test]
fn what_is_given_in_kind_is_summed_by_kind() {
    let line = "NTM/10/2024/community/unclassified";
    let mut story = Story::new();
    let days = InKind {
        kind: InKindKind::LabourDays,
        quantity: Decimal::from(4),
        unit_price: amount(250),
    };
    let given = Disbursement {
        kind: DisbursementKind::Contribution,
        in_kind: Some(days),
        ..disbursement(1_000, 2024)
    };
    story.tell(line, "2024-03-01", LineBody::Disbursed(given.clone()));
    story.tell(line, "2024-03-02", LineBody::Disbursed(given));
    let row = row_of(&story, "2024-12-31");
    let told: Vec<_> = row
        .in_kind
        .iter()
        .map(|it| (it.kind, it.quantity.to_string(), it.amount.to_dong()))
        .collect();
    assert_eq!(told, [(InKindKind::LabourDays, "8".to_owned(), 2_000)]);
}

#[test]
fn contradictory_filters_give_no_rows_and_an_empty_total() {
    let mut story = Story::new();
    story.tell(LINE, "2024-01-05", allocated(1));
    let mut question = story.ask("2024-12-31", &[Dimension::Year]);
    question.scope.year.insert(year(2031));
    let answer = rates(&story.figures, &question);
    assert!(answer.groups.is_empty());
    assert_eq!(
        (answer.total.plan, answer.total.rate),
        (Some(Money::ZERO), None)
    );
}

#[test]
fn a_target_is_what_the_most_specific_schedule_asks_for() {
    let mut story = Story::new();
    story.tell(LINE, "2024-01-05", allocated(100));
    story.tell(
        "NTM/10/2024/central/recurrent",
        "2024-01-05",
        allocated(300),
    );
    let row = |story: &Story| row_of(story, "2024-06-30");
    assert_eq!((row(&story).target, row(&story).behind_by), (None, None));
    story.schedule("2024-01-10", None, "0.40");
    assert_eq!(row(&story).target.unwrap().to_string(), "0.400000");
    let before = story.ask("2024-06-30", &[]);
    story.schedule("2024-02-01", Some(CapitalType::Recurrent), "0.20");
    assert_eq!(row(&story).target.unwrap().to_string(), "0.250000");
    story.schedule("2024-07-01", None, "0.90");
    story.tell(
        LINE,
        "2024-03-01",
        LineBody::Disbursed(disbursement(40, 2024)),
    );
    assert_eq!(row(&story).behind_by.unwrap().to_string(), "0.150000");
    assert_eq!(
        total(&story.figures, &before).target.unwrap().to_string(),
        "0.400000"
    );
    let mut other = story.ask("2024-06-30", &[]);
    other.basis.denominator = Denominator::Assigned;
    assert_eq!(total(&story.figures, &other).target, None);
}
