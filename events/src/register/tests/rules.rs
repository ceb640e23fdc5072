//! How a register grows, what follows what, and what it refuses.

use super::*;

fn fact(reference: &str, on: &str, body: RegisterBody) -> RegisterEvent {
    let entry = entry(reference, on);
    RegisterEvent { entry, body }
}

/// A province of this name from the day on.
fn registered(code: &str, name: &str, on: &str) -> RegisterEvent {
    registered_until(code, name, on, None)
}

fn registered_until(code: &str, name: &str, on: &str, until: Option<&str>) -> RegisterEvent {
    let registration = Registration {
        kind: UnitKind::Province,
        code: province(code),
        names: names(name),
        until: until.map(day),
    };
    let reference = format!("register {code} {on}");
    fact(&reference, on, RegisterBody::Registered(registration))
}

/// Provinces that became one of this code.
fn merged(from: &[&str], into: &str, on: &str) -> RegisterEvent {
    let merger = Merger {
        kind: UnitKind::Province,
        from: from.iter().map(|code| province(code)).collect(),
        into: Merged {
            code: province(into),
            names: names(into),
        },
    };
    fact(
        &format!("merge {into} {on}"),
        on,
        RegisterBody::Merged(merger),
    )
}

#[track_caller]
fn check(given: &[RegisterEvent], when: RegisterEvent, then: Result<(), RegisterRefusal>) {
    let RegisterEvent { entry, body } = when.clone();
    let decided = Register::replay(given).decide(entry, body);
    assert_eq!(decided, then.map(|()| vec![when]));
}

fn chain() -> Register {
    Register::replay(&[
        registered("A", "a", "2000-01-01"),
        registered("B", "b", "2000-01-01"),
        registered("C", "c", "2000-01-01"),
        merged(&["A", "B"], "B", "2010-01-01"),
        registered("B", "renamed", "2012-01-01"),
        merged(&["B", "C"], "D", "2020-01-01"),
    ])
}

#[test]
fn a_merger_of_a_merged_unit_is_followed_to_its_end() {
    let follow = |code, judged, on| {
        let codes = chain().succession(province(code), day(judged), day(on));
        codes.iter().map(ToString::to_string).collect::<String>()
    };
    assert_eq!(follow("A", "2005-01-01", "2009-12-31"), "A");
    assert_eq!(follow("A", "2005-01-01", "2010-01-01"), "AB");
    assert_eq!(follow("A", "2005-01-01", "2020-01-01"), "ABD");
    assert_eq!(follow("B", "2010-01-01", "2020-01-01"), "BD");
    assert_eq!(follow("C", "2015-01-01", "2019-12-31"), "C");
    assert_eq!(follow("D", "2020-01-01", "2030-01-01"), "D");
}

#[test]
fn a_code_that_lives_on_in_a_merger_is_followed_past_it() {
    let provinces = chain();
    assert_eq!(
        provinces.successor(province("B"), day("2005-01-01"), day("2010-01-01")),
        province("B")
    );
    assert_eq!(
        provinces.successor(province("B"), day("2005-01-01"), day("2020-01-01")),
        province("D")
    );
}

#[test]
fn a_new_name_keeps_the_unit() {
    let provinces = chain();
    let name = |on| provinces.name(province("B"), day(on));
    assert_eq!([name("2011-12-31"), name("2012-01-01")], ["B", "renamed"]);
    assert_eq!(
        provinces.successor(province("B"), day("2011-01-01"), day("2019-12-31")),
        province("B")
    );
    let spell = provinces
        .find_spell(province("B"), day("2011-01-01"))
        .unwrap();
    assert_eq!((spell.until, spell.became), (Some(day("2011-12-31")), None));
}

#[test]
fn a_code_is_named_outside_its_time_too() {
    let provinces = chain();
    let name = |code, on| provinces.name(province(code), day(on));
    assert_eq!(name("A", "2025-01-01"), "a");
    assert_eq!(name("D", "2000-01-01"), "D");
    assert_eq!(name("Z", "2000-01-01"), "Z");
}

#[test]
fn refuses_the_reference_of_another_record() {
    let given = [registered("A", "a", "2000-01-01")];
    let mut again = registered("B", "b", "2000-01-01");
    again.entry = given[0].entry.clone();
    check(
        &given,
        again,
        Err(RegisterRefusal::ReferenceReused {
            record: RecordKind::Registration,
            reference: Reference::parse("register A 2000-01-01").unwrap(),
        }),
    );
    let mut merger = merged(&["A"], "B", "2010-01-01");
    merger.entry.reference = given[0].entry.reference.clone();
    check(&given, merger, Ok(()));
}

#[test]
fn a_code_ends_on_the_day_it_begins_or_later() {
    let until = |until| registered_until("A", "a", "2000-01-01", Some(until));
    check(&[], until("2000-01-01"), Ok(()));
    check(
        &[],
        until("1999-12-31"),
        Err(RegisterRefusal::EndsBeforeItBegins {
            until: day("1999-12-31"),
        }),
    );
}

#[test]
fn a_code_means_nothing_after_its_last_day() {
    let given = [registered_until("A", "a", "2000-01-01", Some("2005-12-31"))];
    let provinces = Register::replay(&given);
    let known = |on| provinces.known(UnitKind::Province, province("A"), day(on));
    assert_eq!(known("2005-12-31"), Ok(()));
    assert!(known("2006-01-01").is_err());
    check(&given, merged(&["A"], "B", "2006-01-01"), Ok(()));
    assert!(known("1999-12-31").is_err());
}

#[test]
fn what_merges_is_known_on_the_day_before() {
    let given = [registered("A", "a", "2000-01-01")];
    check(&given, merged(&["A"], "B", "2000-01-02"), Ok(()));
    check(
        &given,
        merged(&["A", "Z"], "B", "2010-01-01"),
        Err(RegisterRefusal::UnknownCode {
            kind: UnitKind::Province,
            code: province("Z"),
            on: day("2009-12-31"),
            known: vec![province("A")],
        }),
    );
    check(
        &given,
        merged(&["A"], "B", "2000-01-01"),
        Err(RegisterRefusal::UnknownCode {
            kind: UnitKind::Province,
            code: province("A"),
            on: day("1999-12-31"),
            known: vec![],
        }),
    );
}

#[test]
fn a_merger_names_what_merges() {
    check(
        &[],
        merged(&[], "A", "2010-01-01"),
        Err(RegisterRefusal::NothingMerges),
    );
}

#[test]
fn a_code_is_not_given_to_another_unit() {
    let given = [
        registered("A", "a", "2000-01-01"),
        registered("B", "b", "2000-01-01"),
    ];
    check(&given, merged(&["A", "B"], "B", "2010-01-01"), Ok(()));
    check(&given, merged(&["A", "B"], "C", "2010-01-01"), Ok(()));
    check(
        &given,
        merged(&["A"], "B", "2010-01-01"),
        Err(RegisterRefusal::CodeTaken {
            code: province("B"),
        }),
    );
}

#[test]
fn a_register_grows_forward_only() {
    let given = [
        registered("A", "a", "2000-01-01"),
        registered("B", "b", "2000-01-01"),
        merged(&["A", "B"], "B", "2010-01-01"),
    ];
    let refused = |code, latest| {
        let (code, latest) = (province(code), day(latest));
        Err(RegisterRefusal::NotAfterLatest { code, latest })
    };
    check(&given, registered("B", "c", "2010-01-02"), Ok(()));
    check(
        &given,
        registered("B", "c", "2010-01-01"),
        refused("B", "2010-01-01"),
    );
    check(
        &given,
        registered("A", "c", "2009-12-31"),
        refused("A", "2009-12-31"),
    );
    check(
        &given,
        merged(&["B"], "C", "2010-01-01"),
        refused("B", "2010-01-01"),
    );
    check(
        &given,
        merged(&["A"], "C", "2005-01-01"),
        refused("A", "2009-12-31"),
    );
    check(&given, registered("C", "c", "1990-01-01"), Ok(()));
}

#[test]
fn a_code_that_first_appears_in_a_merger_is_not_registered_before_it() {
    let given = [
        registered("A", "a", "2000-01-01"),
        merged(&["A"], "B", "2010-01-01"),
    ];
    check(
        &given,
        registered("B", "b", "2005-01-01"),
        Err(RegisterRefusal::NotAfterLatest {
            code: province("B"),
            latest: day("2010-01-01"),
        }),
    );
}

#[test]
fn a_closed_code_is_not_given_out_again() {
    let given = [
        registered("A", "a", "2000-01-01"),
        registered("B", "b", "2000-01-01"),
        merged(&["A", "B"], "B", "2010-01-01"),
    ];
    check(
        &given,
        registered("A", "c", "2010-01-01"),
        Err(RegisterRefusal::CodeTaken {
            code: province("A"),
        }),
    );
}
