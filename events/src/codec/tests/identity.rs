//! What is written is read again as it was, whatever it says.

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::facts::facts;
use super::*;
use crate::line::{InKind, LineBody, LineEvent, Paid, Undone};
use crate::money::{Amount, Change, Money};
use crate::names::{CapitalSource, CapitalType, ProgrammeCode, ProvinceCode};
use crate::register::{Names, RegisterBody, RegisterEvent, UnitCode, UnitKind};
use crate::schedule::{Milestone, ScheduleEvent};
use crate::statement::{Measure, Qualifier, StatementEvent};
use rust_decimal::Decimal;

fn some_text() -> impl Strategy<Value = Text> {
    let written = |chars: Vec<char>| text(&chars.into_iter().collect::<String>());
    vec(any::<char>(), 1..20).prop_map(written)
}

fn some_reference() -> impl Strategy<Value = Reference> {
    let plain = any::<char>().prop_filter("no control characters", |it| !it.is_control());
    vec(plain, 1..20).prop_map(|chars| named(&chars.into_iter().collect::<String>()))
}

fn some_place() -> impl Strategy<Value = Place> {
    "[A-Za-z0-9._/-]{1,64}".prop_map(|code| place(&code))
}

fn some_day() -> impl Strategy<Value = EffectiveOn> {
    (2000..2100_i32, 1..=366_u32).prop_filter_map("a day of the year", |(year, of_year)| {
        chrono::NaiveDate::from_yo_opt(year, of_year).map(EffectiveOn::from)
    })
}

fn some_year() -> impl Strategy<Value = BudgetYear> {
    (2000..=2099_i64).prop_map(year)
}

fn some_amount() -> impl Strategy<Value = Amount> {
    (1..=Amount::MAX_DONG).prop_map(|dong| Amount::try_from(Money::dong(dong)).unwrap())
}

fn some_change() -> impl Strategy<Value = Change> {
    (some_amount(), any::<bool>()).prop_map(|(amount, less)| {
        let change = if less {
            -amount.money()
        } else {
            amount.money()
        };
        Change::try_from(change).unwrap()
    })
}

fn some_number() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0..=18_u32).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

fn some_line() -> impl Strategy<Value = LineId> {
    let codes = ("[A-Z][A-Z0-9]{1,15}", "[0-9A-Z-]{1,12}", 2000..=2099_u16);
    let capital = prop_oneof![
        Just("central/investment"),
        Just("local/recurrent"),
        Just("community/unclassified"),
    ];
    (codes, capital).prop_map(|((programme, province, year), capital)| {
        line(&format!("{programme}/{province}/{year}/{capital}"))
    })
}

fn some_entry() -> impl Strategy<Value = Entry> {
    let document = (
        option::of(some_text()),
        option::of(some_day()),
        option::of(some_text()),
        option::of(some_text()),
    );
    let document = document.prop_map(|(number, issued_on, authority, uri)| Document {
        number,
        issued_on,
        authority,
        uri,
    });
    let parts = (
        some_reference(),
        some_day(),
        option::of(some_text()),
        option::of(document),
    );
    parts.prop_map(|(reference, effective_on, note, document)| Entry {
        reference,
        effective_on,
        note,
        document,
    })
}

/// What a fact may say in its fields, whichever it has.
#[derive(Clone, Debug)]
struct Said {
    amount: Amount,
    change: Change,
    number: Decimal,
    reference: Reference,
    text: Text,
    line: LineId,
    day: EffectiveOn,
    paid: Paid,
    optional: Option<Reference>,
    payee: Option<Text>,
}

fn some_paid() -> impl Strategy<Value = Paid> {
    let parts = (
        some_year(),
        option::of(some_place()),
        option::of(some_place()),
    );
    parts.prop_map(|(vintage, project, commune)| Paid {
        vintage,
        project,
        commune,
    })
}

fn said() -> impl Strategy<Value = Said> {
    let sums = (some_amount(), some_change(), some_number());
    let words = (some_reference(), some_text(), some_line(), some_day());
    let optional = (
        some_paid(),
        option::of(some_reference()),
        option::of(some_text()),
    );
    (sums, words, optional).prop_map(|(sums, words, optional)| Said {
        amount: sums.0,
        change: sums.1,
        number: sums.2,
        reference: words.0,
        text: words.1,
        line: words.2,
        day: words.3,
        paid: optional.0,
        optional: optional.1,
        payee: optional.2,
    })
}

impl Said {
    fn in_kind(&self, in_kind: &mut Option<InKind>) {
        if let Some(in_kind) = in_kind {
            in_kind.quantity = self.number;
            in_kind.unit_price = self.amount;
        }
    }

    /// A golden fact of a line that says this instead.
    fn of_line(self, body: &mut LineBody) {
        match body {
            LineBody::Allocated(it) => it.amount = self.amount,
            LineBody::Adjusted(it) => {
                (it.allocation, it.change, it.reason) = (self.reference, self.change, self.text);
            }
            LineBody::TransferredOut(it) => {
                (it.to, it.amount) = (it.to.map(|_| self.line), self.amount);
            }
            LineBody::TransferredIn(it) => (it.from, it.amount) = (self.line, self.amount),
            LineBody::TransferReclaimed(it) => {
                (it.from, it.transfer, it.amount) = (self.line, self.reference, self.amount);
            }
            LineBody::Detailed(it) => it.amount = self.amount,
            LineBody::Committed(it) => {
                (it.amount, it.payee) = (self.amount, self.payee);
                (it.project, it.commune) = (self.paid.project, self.paid.commune);
            }
            LineBody::CommitmentAdjusted(it) => {
                (it.commitment, it.change) = (self.reference, self.change);
                (it.project, it.commune) = (self.paid.project, self.paid.commune);
            }
            LineBody::Disbursed(it) => {
                self.in_kind(&mut it.in_kind);
                (it.amount, it.commitment) = (self.amount, self.optional);
                (it.vintage, it.project) = (self.paid.vintage, self.paid.project);
            }
            LineBody::Recovered(it) => {
                (it.advance, it.amount, it.paid) = (self.reference, self.amount, self.paid);
            }
            LineBody::Reversed(it) => {
                if let Undone::Disbursement { in_kind, .. } = &mut it.undone {
                    self.in_kind(in_kind);
                }
                if let Undone::Disbursement { paid, .. } | Undone::Recovery { paid } =
                    &mut it.undone
                {
                    *paid = self.paid;
                }
                (it.reverses, it.amount) = (self.reference, self.amount);
            }
            LineBody::Extended(it) => (it.until, it.reason) = (self.day, self.text),
        }
    }
}

fn line_facts() -> Vec<LineBody> {
    let bodies = facts().into_iter().filter_map(|(_, event)| match event {
        Event::Line(LineEvent { body, .. }) => Some(body),
        Event::Register(_)
        | Event::Schedule(_)
        | Event::Statement(_)
        | Event::Policy(_)
        | Event::Alert(_) => None,
    });
    bodies.collect()
}

fn some_line_event() -> impl Strategy<Value = Event> {
    let body = proptest::sample::select(line_facts());
    (some_entry(), body, said()).prop_map(|(entry, mut body, said)| {
        said.of_line(&mut body);
        Event::Line(LineEvent { entry, body })
    })
}

fn some_code(kind: UnitKind) -> impl Strategy<Value = UnitCode> {
    "[A-Z][A-Z0-9]{1,11}".prop_map(move |code| kind.parse_code(&code).unwrap())
}

fn some_register_event() -> impl Strategy<Value = Event> {
    let kinds = prop_oneof![Just(UnitKind::Programme), Just(UnitKind::Province)];
    kinds.prop_flat_map(|kind| {
        let names = (some_text(), some_text()).prop_map(|(vi, en)| Names { vi, en });
        let code = (some_code(kind), names);
        let registered = (code, option::of(some_day())).prop_map(move |((code, names), until)| {
            let registration = crate::register::Registration {
                kind,
                code,
                names,
                until,
            };
            RegisterBody::Registered(registration)
        });
        let names = (some_text(), some_text()).prop_map(|(vi, en)| Names { vi, en });
        let from = btree_set(some_code(kind), 1..5);
        let merged = (from, some_code(kind), names).prop_map(move |(from, code, names)| {
            let into = crate::register::Merged { code, names };
            RegisterBody::Merged(crate::register::Merger { kind, from, into })
        });
        let body = prop_oneof![registered, merged];
        (some_entry(), body)
            .prop_map(|(entry, body)| Event::Register(RegisterEvent { entry, body }))
    })
}

fn some_schedule_event() -> impl Strategy<Value = Event> {
    let milestone = (some_day(), some_number()).prop_map(|(by, rate)| Milestone { by, rate });
    let scope = (
        option::of(proptest::sample::select(&CapitalSource::ALL)),
        option::of(proptest::sample::select(&CapitalType::ALL)),
    );
    (some_entry(), some_line(), scope, vec(milestone, 0..5)).prop_map(
        |(entry, of, (source, capital_type), milestones)| {
            let schedule = crate::schedule::Schedule {
                programme: of.programme(),
                province: of.province(),
                year: of.year(),
                source,
                capital_type,
                milestones,
            };
            Event::Schedule(ScheduleEvent { entry, schedule })
        },
    )
}

fn some_scope() -> impl Strategy<Value = crate::statement::Scope> {
    let programme = "[A-Z]{2,16}".prop_map(|code| ProgrammeCode::parse(&code).unwrap());
    let province = "[0-9]{1,12}".prop_map(|code| ProvinceCode::parse(&code).unwrap());
    let parts = (
        btree_set(programme, 0..3),
        btree_set(province, 0..3),
        btree_set(some_year(), 0..3),
        btree_set(proptest::sample::select(&CapitalSource::ALL), 0..3),
        btree_set(proptest::sample::select(&CapitalType::ALL), 0..3),
        btree_set(some_place(), 0..3),
        btree_set(some_place(), 0..3),
    );
    parts.prop_map(
        |(programme, province, year, source, capital_type, project, commune)| {
            crate::statement::Scope {
                programme,
                province,
                year,
                source,
                capital_type,
                project,
                commune,
            }
        },
    )
}

fn some_statement_event() -> impl Strategy<Value = Event> {
    let words = (
        proptest::sample::select(Measure::KNOWN),
        option::of(proptest::sample::select(Qualifier::KNOWN)),
        some_text(),
    );
    let parts = (some_entry(), some_scope(), some_day(), some_number(), words);
    parts.prop_map(
        |(entry, scope, day, value, (measure, qualifier, publisher))| {
            let statement = crate::statement::Statement {
                scope,
                as_of: day,
                measure: Measure::find(measure).unwrap(),
                basis: crate::basis::Basis::default(),
                value,
                qualifier: qualifier.and_then(Qualifier::find),
                published_on: day,
                publisher,
            };
            Event::Statement(StatementEvent { entry, statement })
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(event in prop_oneof![
        4 => some_line_event(),
        1 => some_register_event(),
        1 => some_schedule_event(),
        1 => some_statement_event(),
    ]) {
        let written = event.encode();
        let read = Event::decode(&stream_of(&event), &written).unwrap();
        prop_assert_eq!(&read, &event);
        prop_assert_eq!(read.encode(), written);
    }
}
