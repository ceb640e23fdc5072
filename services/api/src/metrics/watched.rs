//! What was judged last, as gauges: sums, targets, and the alerts that go on. What is judged is
//! exported and not judged again, so that whoever alerts on it says what the log says.
//!
//! Only open budget years are shown, and of them only so much: what is left out is counted.

use std::cmp::Reverse;

use events::alert::{AlertId, AlertScope};
use events::money::Money;
use events::time::{EffectiveOn, RecordedAt};
use ledger::Ledger;
use projections::Rate;
use projections::alerts::{AlertState, AlertView, Alerts};
use projections::behind::{Behind, CapitalSums, ScopeStanding};
use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, Opts, Registry};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use watch::{Board, Deliveries};

use super::{float, known, number};

/// Most kinds of capital that are shown.
const MOST_CAPITAL: usize = 5_000;
/// Most scopes that are shown.
const MOST_SCOPES: usize = 2_000;
/// Most alerts that are shown; the gravest are.
const MOST_ALERTS: usize = 2_000;

const SECONDS_OF_A_DAY: i64 = 86_400;

const OF_SCOPES: [&str; 3] = ["programme", "province", "year"];
const OF_CAPITAL: [&str; 5] = ["programme", "province", "year", "source", "type"];
const OF_ALERTS: [&str; 5] = ["rule", "level", "programme", "province", "year"];

/// Gauges that are made anew whenever they are asked for: what is gone leaves nothing behind.
struct Gauges(Registry);

impl Gauges {
    fn named(&self, name: &str, help: &str, labels: &[&str]) -> GaugeVec {
        known(&self.0, GaugeVec::new(Opts::new(name, help), labels))
    }

    fn set(&self, name: &str, help: &str, value: f64) {
        self.named(name, help, &[])
            .with_label_values::<&str>(&[])
            .set(value);
    }
}

/// What `board` and the alerts of `ledger` say now.
pub(super) fn families(board: &Board, ledger: &Ledger) -> Vec<MetricFamily> {
    let gauges = Gauges(Registry::new());
    let today = ledger.today();
    let mut dropped = ledger.alerts(|alerts| of_alerts(&gauges, alerts, today));
    if let Some(judgement) = board.judged() {
        let behind = &judgement.behind;
        let capital = shown(&behind.capital, MOST_CAPITAL);
        let scopes = shown(&behind.standings, MOST_SCOPES);
        of_capital(&gauges, capital);
        of_scopes(&gauges, scopes);
        of_years(&gauges, behind);
        dropped += behind.capital.len() - capital.len();
        dropped += behind.standings.len() - scopes.len();
        gauges.set(
            "outlay_watch_position",
            "The last position that was judged.",
            exact(number(behind.as_of.known).into()),
        );
        gauges.set(
            "outlay_watch_evaluated_timestamp_seconds",
            "When scopes were judged last.",
            seconds(judgement.at),
        );
        gauges.set(
            "outlay_watch_duration_seconds",
            "How long the last judgement took.",
            judgement.took.as_secs_f64(),
        );
    }
    gauges.set(
        "outlay_series_dropped",
        "Scopes, kinds of capital and alerts that are left out, because there are too many.",
        float(dropped),
    );
    of_deliveries(&gauges, board, ledger);
    gauges.0.gather()
}

/// As much of a list as is shown.
fn shown<T>(list: &[T], most: usize) -> &[T] {
    list.get(..most).unwrap_or(list)
}

fn of_capital(gauges: &Gauges, capital: &[CapitalSums]) {
    type Sum = fn(&CapitalSums) -> Money;
    let sums: [(&str, &str, Sum); 4] = [
        ("outlay_plan_dong", "The plan.", |it| it.plan),
        ("outlay_committed_dong", "Committed.", |it| it.committed),
        ("outlay_disbursed_dong", "Disbursed.", |it| it.disbursed),
        (
            "outlay_advances_outstanding_dong",
            "Advances outstanding.",
            |it| it.advances_outstanding,
        ),
    ];
    for (name, help, sum) in sums {
        let gauge = gauges.named(name, help, &OF_CAPITAL);
        for it in capital {
            let labels = [
                it.programme.as_str(),
                it.province.as_str(),
                &it.year.to_string(),
                it.source.as_str(),
                it.capital_type.as_str(),
            ];
            gauge.with_label_values(&labels).set(dong(sum(it)));
        }
    }
}

fn of_scopes(gauges: &Gauges, scopes: &[ScopeStanding]) {
    type Figure = fn(&ScopeStanding) -> Option<f64>;
    let days = |days: u32| exact(Decimal::from(i64::from(days) * SECONDS_OF_A_DAY));
    let figures: [(&str, &str, Figure); 5] = [
        ("outlay_scope_plan_dong", "The plan of a scope.", |it| {
            Some(dong(it.plan))
        }),
        (
            "outlay_scope_disbursed_dong",
            "What a scope disbursed.",
            |it| Some(dong(it.disbursed)),
        ),
        (
            "outlay_plan_to_date_dong",
            "What a scope is to have disbursed by today.",
            |it| it.due.map(|due| dong(due.to_date)),
        ),
        (
            "outlay_behind_ratio",
            "Target less rate of a scope.",
            |it| it.due.map(|due| ratio(due.behind_by)),
        ),
        (
            "outlay_advances_overdue_dong",
            "What is left of advances that are overdue.",
            |it| Some(dong(it.advances_overdue)),
        ),
    ];
    for (name, help, figure) in figures {
        let gauge = gauges.named(name, help, &OF_SCOPES);
        for it in scopes {
            if let Some(value) = figure(it) {
                set_scope(&gauge, it.scope, value);
            }
        }
    }
    let since = gauges.named(
        "outlay_since_payment_seconds",
        "Time since the day of a scope's last payment.",
        &OF_SCOPES,
    );
    for it in scopes {
        if let Some(ago) = it.days_since_payment {
            set_scope(&since, it.scope, days(ago));
        }
    }
}

fn set_scope(gauge: &GaugeVec, scope: AlertScope, value: f64) {
    let year = scope.year.to_string();
    let labels = [scope.programme.as_str(), scope.province_text(), &year];
    gauge.with_label_values(&labels).set(value);
}

fn of_years(gauges: &Gauges, behind: &Behind) {
    let gauge = gauges.named(
        "outlay_to_deadline_seconds",
        "Time to the last day on which a budget year's capital can be disbursed.",
        &["year"],
    );
    let day: EffectiveOn = behind.as_of.effective;
    for year in &behind.years {
        let left = year.closes_on().days_since(day) * SECONDS_OF_A_DAY;
        let year = year.to_string();
        gauge
            .with_label_values(&[year.as_str()])
            .set(exact(left.into()));
    }
}

/// Shows the alerts that go on, the gravest first, and gives how many are left out.
fn of_alerts(gauges: &Gauges, alerts: &Alerts, today: EffectiveOn) -> usize {
    let gauge = gauges.named(
        "outlay_alert_active",
        "1 while an alert is open, 0 while it is silenced.",
        &OF_ALERTS,
    );
    let going_on = |(id, view): (&AlertId, &AlertView)| {
        let (level, state) = (view.alert.open()?.level, view.state(today)?);
        Some((Reverse(level), *id, state))
    };
    let mut active: Vec<_> = alerts.list().iter().filter_map(going_on).collect();
    active.sort_by_key(|(level, id, _)| (*level, *id));
    let listed = shown(&active, MOST_ALERTS);
    for (Reverse(level), id, state) in listed {
        let scope = id.scope;
        let labels = [
            id.rule.as_str(),
            level.as_str(),
            scope.programme.as_str(),
            scope.province_text(),
            &scope.year.to_string(),
        ];
        let is_silenced = *state == AlertState::Silenced;
        let active = if is_silenced { 0.0 } else { 1.0 };
        gauge.with_label_values(&labels).set(active);
    }
    active.len() - listed.len()
}

fn of_deliveries(gauges: &Gauges, board: &Board, ledger: &Ledger) {
    let total = prometheus::CounterVec::new(
        Opts::new(
            "outlay_webhook_deliveries_total",
            "Deliveries to webhooks: delivered, failed attempts, and given up.",
        ),
        &["endpoint", "outcome"],
    );
    let total = known(&gauges.0, total);
    let pending = gauges.named(
        "outlay_webhook_pending",
        "What a webhook is still to be told of.",
        &["endpoint"],
    );
    let dead = gauges.named(
        "outlay_webhook_dead_letters",
        "What a webhook could not be told of.",
        &["endpoint"],
    );
    for (name, deliveries) in board.deliveries() {
        let Deliveries {
            delivered,
            failed,
            abandoned,
        } = deliveries;
        let endpoint = name.as_str();
        for (outcome, count) in [
            ("delivered", delivered),
            ("failed", failed),
            ("abandoned", abandoned),
        ] {
            let counter = total.with_label_values(&[endpoint, outcome]);
            counter.inc_by(exact(count.into()));
        }
        pending
            .with_label_values(&[endpoint])
            .set(float(watch::due(ledger, &name).len()));
        let given_up = ledger.alerts(|alerts| alerts.dead(&name).len());
        dead.with_label_values(&[endpoint]).set(float(given_up));
    }
}

/// Prometheus counts in floats, which are exact up to 9 × 10¹⁵ đồng.
fn exact(number: Decimal) -> f64 {
    number.to_f64().unwrap_or(f64::NAN)
}

fn dong(money: Money) -> f64 {
    exact(money.decimal())
}

fn ratio(rate: Rate) -> f64 {
    exact(rate.decimal())
}

fn seconds(instant: RecordedAt) -> f64 {
    exact(Decimal::from_i128_with_scale(instant.micros().into(), 6))
}

#[cfg(test)]
mod tests {
    use events::alert::{AlertBody, AlertEvent, AlertLevel, Evidence, Judged};
    use events::basis::Basis;
    use events::log::{Position, Revision};
    use events::record::Entry;
    use projections::alerts::Told;

    use super::*;

    fn raised(number: u64, level: AlertLevel, on: EffectiveOn) -> Told {
        let evidence = Evidence {
            known_at: Position(number),
            boundaries: on,
            basis: Basis::default(),
            source: std::collections::BTreeSet::new(),
            plan: Money::ZERO,
            disbursed: Money::ZERO,
            rate: None,
            due: None,
            paid_30_days: Money::ZERO,
            days_since_payment: None,
            detail_missing: Money::ZERO,
            advances_overdue: Money::ZERO,
        };
        let entry = Entry {
            reference: format!("A-{number}").parse().unwrap(),
            effective_on: on,
            note: None,
            document: None,
        };
        Told {
            position: Position(number),
            revision: Revision::FIRST,
            event: AlertEvent {
                entry,
                body: AlertBody::Raised(Judged { level, evidence }),
            },
        }
    }

    #[test]
    fn of_too_many_alerts_the_gravest_are_shown_and_the_rest_is_counted() {
        let today = EffectiveOn::parse("2024-06-01").unwrap();
        let mut alerts = Alerts::default();
        for number in 1..=2_003 {
            let id = AlertId::find(&format!("behind_plan.P{number:04}.10.2024")).unwrap();
            let level = if number > 2_000 {
                AlertLevel::Critical
            } else {
                AlertLevel::Watch
            };
            alerts.apply(id, raised(number, level, today));
        }
        let gauges = Gauges(Registry::new());
        assert_eq!(of_alerts(&gauges, &alerts, today), 3);
        let families = gauges.0.gather();
        let [family] = families.as_slice() else {
            panic!("{families:?}");
        };
        let series = family.get_metric();
        assert_eq!(series.len(), 2_000);
        let text = format!("{series:?}");
        assert!(text.contains("P2003") && text.contains("P1997"));
        assert!(!text.contains("P1998"));
    }
}
