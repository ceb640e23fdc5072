//! What is stated is kept as it is; only a reference used again is refused.

use super::*;

fn entry(reference: &str) -> Entry {
    Entry {
        reference: Reference::parse(reference).unwrap(),
        effective_on: EffectiveOn::parse("2025-02-10").unwrap(),
        note: None,
        document: None,
    }
}

fn statement(value: &str) -> Statement {
    Statement {
        scope: Scope::default(),
        as_of: EffectiveOn::parse("2025-01-31").unwrap(),
        measure: Measure::Rate,
        basis: Basis::default(),
        value: value.parse().unwrap(),
        qualifier: Some(Qualifier::AtLeast),
        published_on: EffectiveOn::parse("2025-02-05").unwrap(),
        publisher: Text::parse("Bộ Tài chính").unwrap(),
    }
}

#[test]
fn a_figure_is_kept_as_it_was_stated() {
    let (entry, statement) = (entry("BC-1"), statement("0.7367"));
    let kept = StatementEvent {
        entry: entry.clone(),
        statement: statement.clone(),
    };
    assert_eq!(
        Statements::default().decide(entry, statement),
        Ok(vec![kept])
    );
}

#[test]
fn refuses_the_reference_of_another_statement() {
    let first = StatementEvent {
        entry: entry("BC-1"),
        statement: statement("0.7367"),
    };
    let statements = Statements::default().evolve(&first);
    let reference = Reference::parse("BC-1").unwrap();
    assert_eq!(
        statements.decide(entry("BC-1"), statement("0.7368")),
        Err(StatementRefusal::ReferenceReused { reference })
    );
    assert!(
        statements
            .decide(entry("BC-2"), statement("0.7367"))
            .is_ok()
    );
}

#[test]
fn the_figures_of_a_year_share_a_stream() {
    assert_eq!(statement("1").stream().as_str(), "statement-2025");
}

#[test]
fn two_measures_are_fractions() {
    let rates: Vec<_> = Measure::KNOWN
        .iter()
        .filter(|word| Measure::find(word).is_some_and(Measure::is_rate))
        .collect();
    assert_eq!(rates, [&"rate", &"commitment_rate"]);
}
