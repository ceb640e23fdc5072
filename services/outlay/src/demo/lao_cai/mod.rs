//! Lào Cai, three programmes, central capital of 2023 to 2025.
//!
//! Published are the sums of 2024, its rates by type and by programme, the 134.6 billion of
//! investment carried to 2025, and about how much 2025 has; and that 2023 had 873 billion of
//! investment and 829 of recurrent money (VOV, 2 December 2023). The split by programme, what was
//! carried from 2023, and what 2023 and 2025 paid are illustrative.

mod community;
mod figures;

use events::line::{Adjust, LineAction};
use events::names::LineId;
use events::time::EffectiveOn;

use super::Step;
use super::script::{Script, payment};
use super::stated::schedule;
use super::works::{Contract, Curve, Works};
use super::written::{
    assigned, billions, change, day, detail, illustrated, line, noted, reference, signed, text,
    year,
};

/// Central capital of one programme and type through three years, in billions.
struct Part {
    programme: &'static str,
    capital_type: &'static str,
    /// Ends the numbers of its papers: `EM-DT` is investment, `EM-SN` recurrent.
    tag: &'static str,
    /// 2023: assigned. What was not carried over was paid.
    assigned_2023: &'static str,
    /// Carried from 2023 to 2024, and what of it was paid.
    carried_2023: (&'static str, &'static str),
    /// 2024: assigned, promised and paid.
    own_2024: (&'static str, &'static str, &'static str),
    /// Carried from 2024 to 2025, and what of it was paid by June; recurrent money was not.
    carried_2024: Option<(&'static str, &'static str)>,
    /// 2025: assigned, promised and paid by June.
    own_2025: (&'static str, &'static str, &'static str),
}

const INVESTMENT: [Part; 3] = [
    Part {
        programme: "EM",
        capital_type: "investment",
        tag: "EM-DT",
        assigned_2023: "520",
        carried_2023: ("96", "96"),
        own_2024: ("524", "508.2", "444"),
        carried_2024: Some(("80", "41.3")),
        own_2025: ("590", "455", "118.4"),
    },
    Part {
        programme: "NTM",
        capital_type: "investment",
        tag: "NTM-DT",
        assigned_2023: "213",
        carried_2023: ("31.5625", "31.5625"),
        own_2024: ("230", "224.4", "202.4"),
        carried_2024: Some(("27.6", "17.9")),
        own_2025: ("250", "206", "71.25"),
    },
    Part {
        programme: "SPR",
        capital_type: "investment",
        tag: "SPR-DT",
        assigned_2023: "140",
        carried_2023: ("22", "22"),
        own_2024: ("148", "141.5", "121"),
        carried_2024: Some(("27", "12.6")),
        own_2025: ("160", "118", "29.8"),
    },
];

const RECURRENT: [Part; 3] = [
    Part {
        programme: "EM",
        capital_type: "recurrent",
        tag: "EM-SN",
        assigned_2023: "640",
        carried_2023: ("248.4", "196.4"),
        own_2024: ("831.6", "590", "475.7"),
        carried_2024: None,
        own_2025: ("1120", "410", "92.6"),
    },
    Part {
        programme: "NTM",
        capital_type: "recurrent",
        tag: "NTM-SN",
        assigned_2023: "105",
        carried_2023: ("33.4375", "27.3875"),
        own_2024: ("136", "103", "86.5"),
        carried_2024: None,
        own_2025: ("205.4", "96", "33.1"),
    },
    Part {
        programme: "SPR",
        capital_type: "recurrent",
        tag: "SPR-SN",
        assigned_2023: "84",
        carried_2023: ("24", "19.5"),
        own_2024: ("94", "70", "59.55"),
        carried_2024: None,
        own_2025: ("135", "61", "14.2"),
    },
];

const CURVE_2023: &Curve = &[
    ("2023-05-18", 6),
    ("2023-07-20", 15),
    ("2023-09-21", 24),
    ("2023-11-16", 22),
    ("2023-12-19", 25),
    ("2024-01-18", 8),
];
const CURVE_CARRIED_2024: &Curve = &[
    ("2024-04-11", 11),
    ("2024-05-30", 19),
    ("2024-07-25", 23),
    ("2024-10-10", 28),
    ("2024-12-05", 19),
];
const CURVE_2024: &Curve = &[
    ("2024-03-21", 5),
    ("2024-05-16", 7),
    ("2024-06-20", 9),
    ("2024-08-15", 10),
    ("2024-09-19", 11),
    ("2024-10-17", 13),
    ("2024-11-14", 14),
    ("2024-12-16", 21),
    ("2025-01-10", 10),
];
const CURVE_CARRIED_2025: &Curve = &[("2025-04-10", 45), ("2025-06-05", 55)];
const CURVE_2025: &Curve = &[
    ("2025-03-20", 12),
    ("2025-04-17", 23),
    ("2025-05-22", 31),
    ("2025-06-19", 34),
];

/// Closed contracts are released before what is left moves on.
const CLOSED_2023: &str = "2024-02-22";
const CARRIED_2023: &str = "2024-03-05";
const CLOSED_2024: &str = "2025-02-24";
const CARRIED_2024: &str = "2025-02-28";

const PROVINCE: &str = "People's Committee of Lào Cai";

/// The story.
pub(super) fn story() -> Vec<Step> {
    let mut script = Script::new("LC");
    schedules(&mut script);
    for (behind, part) in (0..).zip(INVESTMENT.iter().chain(&RECURRENT)) {
        part.year_2023(&mut script, behind);
        part.year_2024(&mut script, behind);
        part.year_2025(&mut script, behind);
    }
    community::write(&mut script);
    figures::write(&mut script);
    script.into_steps()
}

fn schedules(script: &mut Script) {
    for programme in ["EM", "NTM", "SPR"] {
        schedule(
            script,
            (programme, "10", 2024),
            "2024-01-12",
            &[
                ("2024-03-31", 5),
                ("2024-06-30", 25),
                ("2024-09-30", 55),
                ("2024-12-31", 90),
                ("2025-01-31", 95),
            ],
        );
        schedule(
            script,
            (programme, "10", 2025),
            "2025-01-15",
            &[
                ("2025-03-31", 8),
                ("2025-06-30", 32),
                ("2025-09-30", 60),
                ("2025-12-31", 95),
                ("2026-01-31", 100),
            ],
        );
    }
}

impl Part {
    fn line(&self, budget_year: i64) -> LineId {
        let Self {
            programme,
            capital_type,
            ..
        } = self;
        line(&format!(
            "{programme}/10/{budget_year}/central/{capital_type}"
        ))
    }

    fn invests(&self) -> bool {
        self.carried_2024.is_some()
    }

    fn year_2023(&self, script: &mut Script, behind: i64) {
        let line = self.line(2023);
        let tag = format!("2023-LC-{}", self.tag);
        let (plan, carried) = (billions(self.assigned_2023), billions(self.carried_2023.0));
        allocate(script, (line, &tag), "2022-12-20", plan);
        let paid = plan - carried;
        let works = Works {
            line,
            tag: &tag,
            vintage: line.year(),
            detailed: (plan, "2023-02-16"),
            committed: (paid + carried / 4, "2023-03-14"),
            paid,
            shares: &[58, 42],
            curve: CURVE_2023,
            behind,
            advances: self.invests(),
        };
        release(works.write(script), script, day(CLOSED_2023));
        let entry = illustrated(&format!("CN-{tag}"), day(CARRIED_2023));
        let entry = signed(entry, "104/2023/QH15", "National Assembly");
        script.carry_over((line, self.line(2024)), carried, entry);
    }

    fn year_2024(&self, script: &mut Script, behind: i64) {
        let line = self.line(2024);
        let tag = format!("2024-LC-{}", self.tag);
        let (plan, promised, paid) = self.own_2024;
        allocate(script, (line, &tag), "2023-12-14", billions(plan));
        let corrected = self.corrected_2024();
        let works = Works {
            line,
            tag: &tag,
            vintage: line.year(),
            detailed: (billions(plan) - raised(&tag), "2024-01-24"),
            committed: (billions(promised), "2024-02-26"),
            paid: billions(paid) - corrected,
            shares: &[43, 33, 24],
            curve: CURVE_2024,
            behind,
            advances: self.invests(),
        };
        let mut contracts = works.write(script);
        if let Some(contract) = contracts.first_mut() {
            self.correct_2024(script, contract);
        }
        let (carried, paid) = self.carried_2023;
        let works = Works {
            tag: &format!("{tag}-CN"),
            vintage: year(2023),
            detailed: (billions(carried), "2024-03-12"),
            committed: (billions(carried), "2024-03-19"),
            paid: billions(paid),
            shares: &[1],
            curve: CURVE_CARRIED_2024,
            advances: false,
            ..works
        };
        contracts.extend(works.write(script));
        release(contracts, script, day(CLOSED_2024));
        if let Some((carried, _)) = self.carried_2024 {
            let entry = illustrated(&format!("CN-{tag}"), day(CARRIED_2024));
            let entry = signed(entry, "58/2024/QH15, Art. 72", "National Assembly");
            script.carry_over((line, self.line(2025)), billions(carried), entry);
        }
    }

    fn year_2025(&self, script: &mut Script, behind: i64) {
        let line = self.line(2025);
        let tag = format!("2025-LC-{}", self.tag);
        let (plan, promised, paid) = self.own_2025;
        allocate(script, (line, &tag), "2024-12-12", billions(plan));
        let works = Works {
            line,
            tag: &tag,
            vintage: line.year(),
            detailed: (billions(plan), "2025-01-21"),
            committed: (billions(promised), "2025-02-18"),
            paid: billions(paid),
            shares: &[60, 40],
            curve: CURVE_2025,
            behind,
            advances: self.invests(),
        };
        works.write(script);
        if let Some((carried, paid)) = self.carried_2024 {
            let works = Works {
                tag: &format!("{tag}-CN"),
                vintage: year(2024),
                detailed: (billions(carried), "2025-03-11"),
                committed: (billions(carried), "2025-03-18"),
                paid: billions(paid),
                shares: &[1],
                curve: CURVE_CARRIED_2025,
                advances: false,
                ..works
            };
            works.write(script);
        }
    }

    /// What of 2024 is paid by the vouchers that were corrected.
    fn corrected_2024(&self) -> i64 {
        match self.tag {
            "NTM-DT" => billions("1.85"),
            "SPR-SN" => billions("4.05"),
            _ => 0,
        }
    }

    /// Two honest mistakes of 2024: a voucher that was found two months late, and one that was
    /// typed with two digits swapped and reversed by the difference.
    fn correct_2024(&self, script: &mut Script, contract: &mut Contract) {
        let vintage = year(2024);
        match self.tag {
            "NTM-DT" => {
                let note = "illustrative split; found in the files and recorded late";
                let days = (day("2024-12-18"), day("2025-02-13"));
                let voucher = payment(billions("1.85"), vintage);
                contract.pay_typed(script, days, voucher, Some(note));
            }
            "SPR-SN" => {
                let on = day("2024-11-21");
                let voucher = contract.pay(script, on, payment(billions("4.50"), vintage));
                let over = billions("0.45");
                let note = "illustrative split; corrects a typing mistake";
                let entry = illustrated(&format!("DN-{voucher}"), day("2024-12-04"));
                script.take_back(
                    self.line(2024),
                    (&voucher, over),
                    (noted(entry, note), day("2024-12-05")),
                    "4.50 billion typed where the voucher says 4.05",
                );
                contract.restore(over);
            }
            _ => {}
        }
    }
}

/// The year's plan. Ethnic-minority recurrent money of 2024 was raised in the summer.
fn allocate(script: &mut Script, (line, tag): (LineId, &str), on: &str, plan: i64) {
    let raised = raised(tag);
    let name = format!("QD-{tag}");
    let entry = illustrated(&name, day(on));
    let entry = signed(entry, &format!("{name} (illustrative)"), PROVINCE);
    script.act(line, entry, assigned(plan - raised));
    if raised > 0 {
        let entry = illustrated(&format!("QD-{tag}-DC"), day("2024-07-18"));
        let entry = signed(entry, &format!("{name}-DC (illustrative)"), PROVINCE);
        let adjust = Adjust {
            allocation: reference(&name),
            change: change(raised),
            reason: text("estimate raised in the mid-year review"),
        };
        script.act(line, entry, LineAction::Adjust(adjust));
        let entry = illustrated(&format!("PB-{tag}-DC"), day("2024-07-25"));
        script.act(line, entry, detail(raised, &format!("DA-{tag}-03")));
    }
}

/// By how much the plan with papers of this tag was raised in its year.
fn raised(tag: &str) -> i64 {
    match tag {
        "2024-LC-EM-SN" => billions("31.6"),
        _ => 0,
    }
}

fn release(contracts: Vec<Contract>, script: &mut Script, on: EffectiveOn) {
    for contract in contracts {
        contract.release(script, on);
    }
}
