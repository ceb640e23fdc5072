//! The whole country, public investment, 2025 to 31 August: one month, many rates.
//!
//! Published are the three parts of the plan, what is detailed, what is confirmed to 31 July and
//! estimated to 31 August, and how much of it is money of 2025. The split by source and type, the
//! line of 2024 and the vouchers are illustrative. July is first estimated and later confirmed for
//! less, and the local budgets report their last increase late: as known on 6 August the same day
//! has the rate that was published then.

mod figures;

use events::line::{Certainty, Disbursement, LineAction};
use events::names::LineId;
use events::time::BudgetYear;

use super::Step;
use super::script::{Script, payment};
use super::stated::schedule;
use super::works::{Contract, Curve, Works};
use super::written::{
    SPLIT, assigned, billions, day, detail, illustrated, line, local_increase, noted, signed,
    split, year,
};

/// Part of one source and type, in billions.
struct Part {
    source: &'static str,
    capital_type: &'static str,
    /// In the numbers of its papers.
    tag: &'static str,
    assigned_2024: &'static str,
    /// Carried from 2024; promised, paid by June and estimated for August of it.
    carried: (&'static str, &'static str, &'static str, &'static str),
    assigned: &'static str,
    detailed: &'static str,
    committed: &'static str,
    /// Money of 2025 that was paid by June and in July.
    paid: (&'static str, &'static str),
    /// Money of 2025 that was estimated for July and for August.
    estimated: (&'static str, &'static str),
}

const PARTS: [Part; 3] = [
    Part {
        source: "central",
        capital_type: "investment",
        tag: "TW-TN",
        assigned_2024: "225000",
        carried: ("34000", "25000", "11000", "2000"),
        assigned: "335000",
        detailed: "322000",
        committed: "198000",
        paid: ("93000", "25000"),
        estimated: ("45000", "26000"),
    },
    Part {
        source: "central",
        capital_type: "foreign_investment",
        tag: "TW-NN",
        assigned_2024: "20000",
        carried: ("4423.8", "3100", "1336.5", "500"),
        assigned: "25000",
        detailed: "21500",
        committed: "9800",
        paid: ("3133.3", "1219"),
        estimated: ("2167.85", "1817.7"),
    },
    Part {
        source: "local",
        capital_type: "investment",
        tag: "DP",
        assigned_2024: "425000",
        carried: ("26500", "19500", "8500", "1500"),
        assigned: "524585",
        detailed: "502600",
        committed: "331000",
        paid: ("172000", "43000"),
        estimated: ("73000", "44000"),
    },
];

/// What the local budgets added: its day, the day it was reported, billions.
const INCREASES: [(&str, &str, &str); 4] = [
    ("2025-01-20", "2025-01-23", "62300"),
    ("2025-04-24", "2025-04-29", "21850.4"),
    ("2025-06-27", "2025-07-03", "15500"),
    ("2025-07-29", "2025-08-19", "41690.6"),
];

const SHARES: [i64; 3] = [44, 33, 23];
const CURVE_2024: &Curve = &[
    ("2024-03-21", 7),
    ("2024-05-23", 11),
    ("2024-07-18", 13),
    ("2024-09-19", 16),
    ("2024-10-24", 12),
    ("2024-11-21", 13),
    ("2024-12-19", 20),
    ("2025-01-16", 8),
];
const CURVE_CARRIED: &Curve = &[("2025-03-27", 25), ("2025-04-24", 35), ("2025-06-12", 40)];
const CURVE_2025: &Curve = &[
    ("2025-01-15", 5),
    ("2025-02-20", 9),
    ("2025-03-20", 15),
    ("2025-04-17", 19),
    ("2025-05-22", 24),
    ("2025-06-20", 28),
];

const JULY: &str = "2025-07-31";

/// The story.
pub(super) fn story() -> Vec<Step> {
    let mut script = Script::new("VN");
    schedule(
        &mut script,
        ("PUB", "00", 2025),
        "2025-01-06",
        &[
            ("2025-03-31", 10),
            ("2025-06-30", 32),
            ("2025-09-30", 60),
            ("2025-12-31", 90),
            ("2026-01-31", 100),
        ],
    );
    for (behind, part) in (0..).zip(&PARTS) {
        part.year_2024(&mut script, behind);
        let contracts = part.year_2025(&mut script, behind);
        part.july(&mut script, contracts);
        part.august(&mut script);
    }
    increases(&mut script, line("PUB/00/2025/local/investment"));
    figures::write(&mut script);
    script.into_steps()
}

impl Part {
    fn line(&self, budget_year: i64) -> LineId {
        let Self {
            source,
            capital_type,
            ..
        } = self;
        line(&format!("PUB/00/{budget_year}/{source}/{capital_type}"))
    }

    fn allocate(&self, script: &mut Script, line: LineId, on: &str, capital: &str) -> String {
        let tag = format!("{}-VN-{}", line.year(), self.tag);
        let name = format!("QD-{tag}");
        let entry = illustrated(&name, day(on));
        let entry = signed(entry, &format!("{name} (illustrative)"), "Prime Minister");
        script.act(line, entry, assigned(billions(capital)));
        tag
    }

    fn year_2024(&self, script: &mut Script, behind: i64) {
        let line = self.line(2024);
        let tag = self.allocate(script, line, "2023-12-11", self.assigned_2024);
        let (plan, carried) = (billions(self.assigned_2024), billions(self.carried.0));
        let paid = plan - carried;
        let works = Works {
            line,
            tag: &tag,
            vintage: line.year(),
            detailed: (plan, "2024-02-28"),
            committed: (paid + carried / 2, "2024-03-05"),
            paid,
            shares: &[55, 45],
            curve: CURVE_2024,
            behind,
            advances: false,
        };
        for contract in works.write(script) {
            contract.release(script, day("2025-02-12"));
        }
        let entry = illustrated(&format!("CN-{tag}"), day("2025-02-20"));
        let entry = signed(entry, "58/2024/QH15, Art. 72", "National Assembly");
        script.carry_over((line, self.line(2025)), carried, entry);
    }

    /// 2025 as the treasury confirmed it to 30 June.
    fn year_2025(&self, script: &mut Script, behind: i64) -> Vec<Contract> {
        let line = self.line(2025);
        let tag = self.allocate(script, line, "2024-12-05", self.assigned);
        let works = Works {
            line,
            tag: &tag,
            vintage: line.year(),
            detailed: (billions(self.detailed), "2025-01-06"),
            committed: (billions(self.committed), "2025-01-08"),
            paid: billions(self.paid.0),
            shares: &SHARES,
            curve: CURVE_2025,
            behind,
            advances: false,
        };
        let contracts = works.write(script);
        let (_, promised, paid, _) = self.carried;
        let works = Works {
            tag: &format!("{tag}-CN"),
            vintage: year(2024),
            detailed: (0, "2025-03-04"),
            committed: (billions(promised), "2025-03-06"),
            paid: billions(paid),
            shares: &[1],
            curve: CURVE_CARRIED,
            ..works
        };
        works.write(script);
        contracts
    }

    /// July: estimated at its end, confirmed for less at the end of August, the estimate undone
    /// from its own day on.
    fn july(&self, script: &mut Script, contracts: Vec<Contract>) {
        let line = self.line(2025);
        let dong = billions(self.estimated.0);
        let name = self.estimate(script, (JULY, "2025-08-05"), (dong, line.year()));
        let paid = split(billions(self.paid.1), &SHARES, 1_000);
        let note = "illustrative split; confirmed after the estimate";
        for (mut contract, dong) in contracts.into_iter().zip(paid) {
            let days = (day("2025-07-25"), day("2025-08-26"));
            contract.pay_typed(script, days, payment(dong, line.year()), Some(note));
        }
        let entry = illustrated(&format!("HU-{name}"), day(JULY));
        let entry = noted(entry, &format!("{SPLIT}; the estimate ends"));
        let reason = "July is confirmed by the treasury's vouchers";
        script.take_back(line, (&name, dong), (entry, day("2025-08-27")), reason);
    }

    /// August, as it was estimated.
    fn august(&self, script: &mut Script) {
        let (line, days) = (self.line(2025), ("2025-08-31", "2025-09-03"));
        let own = (billions(self.estimated.1), line.year());
        self.estimate(script, days, own);
        let carried = (billions(self.carried.3), year(2024));
        self.estimate(script, days, carried);
    }

    /// Writes an estimate down; its reference.
    fn estimate(
        &self,
        script: &mut Script,
        (on, typed_on): (&str, &str),
        (dong, vintage): (i64, BudgetYear),
    ) -> String {
        let name = format!("UOC-{on}-{}-{vintage}", self.tag);
        let estimate = Disbursement {
            certainty: Certainty::Estimated,
            ..payment(dong, vintage)
        };
        let entry = illustrated(&name, day(on));
        let action = LineAction::Disburse(estimate);
        script.act_on(day(typed_on), self.line(2025), entry, action);
        name
    }
}

/// What the local budgets added, each part allocated in detail as it was reported.
fn increases(script: &mut Script, line: LineId) {
    for (number, (on, reported_on, capital)) in (1..).zip(INCREASES) {
        let name = format!("NQ-2025-VN-DP-{number:02}");
        let entry = illustrated(&name, day(on));
        let entry = signed(entry, "(illustrative)", "provincial People's Councils");
        let dong = billions(capital);
        script.act_on(day(reported_on), line, entry, local_increase(dong));
        let entry = illustrated(&format!("PB-2025-VN-DP-T{number}"), day(on));
        let project = format!("DA-2025-VN-DP-T{number}");
        script.act_on(day(reported_on), line, entry, detail(dong, &project));
    }
}
