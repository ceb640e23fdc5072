//! A province's year, as far as an alert needs it: on plan, behind it, and on plan again. Its days
//! are counted from today, on any day of any year.

use events::alert::{AlertId, AlertRule, AlertScope};
use events::names::{ProgrammeCode, ProvinceCode};
use events::time::{BudgetYear, EffectiveOn};
use serde_json::{Value, json};
use store::{Clock as _, SystemClock};

/// A programme that the registers have for ever.
pub(crate) const PROGRAMME: &str = "PUB";
/// A province that no merger has taken in.
pub(crate) const PROVINCE: &str = "01";

/// The history of one province in a budget year that is open today.
pub(crate) struct History {
    today: EffectiveOn,
    year: BudgetYear,
}

impl History {
    /// The one that is told today.
    pub(crate) fn of_today() -> Self {
        let today = EffectiveOn::at(SystemClock.now());
        // A year closes on 31 January of the next; by then the next has had 31 days.
        let begun = today.shifted(-31).to_string();
        let year = begun.split('-').next().unwrap().parse::<i64>().unwrap();
        Self {
            today,
            year: BudgetYear::try_from(year).unwrap(),
        }
    }

    /// The alert that it is about.
    pub(crate) fn alert(&self) -> AlertId {
        AlertId {
            rule: AlertRule::BehindPlan,
            scope: AlertScope {
                programme: ProgrammeCode::parse(PROGRAMME).unwrap(),
                province: Some(ProvinceCode::parse(PROVINCE).unwrap()),
                year: self.year,
            },
        }
    }

    /// A plan, all of it allocated in detail, a contract, and payments of what the schedule asks.
    pub(crate) fn begins(&self) -> Vec<Value> {
        let first = self.year.day(1, 1);
        vec![
            self.schedule("KH-1", first, "0.2"),
            self.of_line(
                "allocation",
                first,
                json!({"reference": "QD-1", "amount": "1000", "basis": "assigned"}),
            ),
            self.of_line(
                "detail",
                first,
                json!({"reference": "QD-2", "amount": "1000", "project": "DA-1"}),
            ),
            self.of_line(
                "commitment",
                first,
                json!({"reference": "HD-1", "amount": "900"}),
            ),
            self.payment("KB-1", self.today.shifted(-20), "200"),
        ]
    }

    /// A new schedule asks for more than was paid.
    pub(crate) fn falls_behind(&self) -> Value {
        self.schedule("KH-2", self.today, "0.6")
    }

    /// The payment that was missing comes in.
    pub(crate) fn is_paid(&self) -> Value {
        self.payment("KB-2", self.today, "500")
    }

    /// So much of the plan is due ten days ago, says a schedule from its day on.
    fn schedule(&self, reference: &str, on: EffectiveOn, rate: &str) -> Value {
        json!({
            "record": "schedule", "reference": reference, "effective_on": on,
            "programme": PROGRAMME, "province": PROVINCE, "year": self.year.number(),
            "milestones": [{"by": self.today.shifted(-10), "rate": rate}],
        })
    }

    fn payment(&self, reference: &str, on: EffectiveOn, amount: &str) -> Value {
        let payment = json!({"reference": reference, "amount": amount, "kind": "payment", "commitment": "HD-1"});
        self.of_line("disbursement", on, payment)
    }

    /// A record of the line, with more fields.
    fn of_line(&self, record: &str, on: EffectiveOn, mut fields: Value) -> Value {
        let line = format!("{PROGRAMME}/{PROVINCE}/{}/central/investment", self.year);
        fields["record"] = json!(record);
        fields["line"] = json!(line);
        fields["effective_on"] = json!(on);
        fields
    }
}
