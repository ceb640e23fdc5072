use super::*;

fn with(change: impl FnOnce(&mut AlertPolicy)) -> Result<Vec<PolicyEvent>, PolicyRefusal> {
    let mut policy = AlertPolicy::default();
    change(&mut policy);
    Policies::default().decide(AlertPolicy::founding().entry, policy)
}

fn slug(decided: Result<Vec<PolicyEvent>, PolicyRefusal>) -> &'static str {
    decided.unwrap_err().slug()
}

fn hundredths(number: i64) -> Decimal {
    Decimal::new(number, 2)
}

#[test]
fn what_a_fresh_store_starts_with_keeps_its_own_rules() {
    let RecordBody::Policy(policy) = AlertPolicy::founding().body else {
        panic!("it is a policy");
    };
    assert_eq!(
        [
            policy.watch,
            policy.behind,
            policy.critical,
            policy.clear_by
        ],
        [5, 10, 20, 2].map(hundredths)
    );
    assert_eq!(policy.stalled_days, 60);
    assert_eq!(with(|_| {}).unwrap().len(), 1);
}

#[test]
fn thresholds_that_do_not_grow_are_refused() {
    assert_eq!(
        slug(with(|it| it.watch = it.behind)),
        "thresholds-not-growing"
    );
    assert_eq!(
        slug(with(|it| it.critical = it.behind)),
        "thresholds-not-growing"
    );
    assert_eq!(
        slug(with(|it| it.watch = Decimal::ZERO)),
        "thresholds-not-growing"
    );
    assert_eq!(
        slug(with(|it| it.critical = hundredths(101))),
        "thresholds-not-growing"
    );
    assert!(with(|it| it.critical = Decimal::ONE).is_ok());
    let why = with(|it| it.watch = hundredths(30))
        .unwrap_err()
        .to_string();
    assert!(why.contains("0.30, 0.10 and 0.20"), "{why}");
}

#[test]
fn an_alert_must_be_able_to_end() {
    assert_eq!(slug(with(|it| it.clear_by = it.watch)), "never-clears");
    assert_eq!(
        slug(with(|it| it.clear_by = hundredths(-1))),
        "never-clears"
    );
    assert!(with(|it| it.clear_by = hundredths(4)).is_ok());
    assert!(with(|it| it.clear_by = Decimal::ZERO).is_ok());
}

#[test]
fn days_have_bounds() {
    assert_eq!(
        with(|it| it.stalled_days = 0).unwrap_err().field(),
        "stalled_days"
    );
    assert_eq!(
        with(|it| it.advance_days = 3_661).unwrap_err().field(),
        "advance_days"
    );
    assert!(with(|it| it.advance_days = 3_660).is_ok());
}

#[test]
fn a_reference_stands_for_one_policy() {
    let policies = Policies::default();
    let set = with(|_| {}).unwrap().remove(0);
    let policies = policies.evolve(&set);
    let again = policies.decide(set.entry, AlertPolicy::default());
    assert_eq!(slug(again), "reference-reused");
}
