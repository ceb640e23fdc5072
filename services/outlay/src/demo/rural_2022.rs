//! The whole country, new rural development, 2022: six kinds of capital.
//!
//! The six parts are published and sum to 621,453.8 billion; the published total is 621,324. Of
//! what was disbursed only the rate of central investment is published, so nothing else is here.

use events::line::{Extension, LineAction};
use events::statement::{Measure, Qualifier};

use super::Step;
use super::script::Script;
use super::stated::{Figure, Publication, schedule};
use super::works::{Curve, Works};
use super::written::{
    SPLIT, assigned, billions, day, illustrated, line, local_increase, noted, published, signed,
    text,
};

/// 47.3 % of 9,000 billion, in vouchers.
const PAID: &str = "4257";
const CURVE: &Curve = &[
    ("2022-07-28", 4),
    ("2022-08-22", 7),
    ("2022-09-22", 11),
    ("2022-10-20", 15),
    ("2022-11-17", 20),
    ("2022-12-08", 19),
    ("2022-12-22", 24),
];

/// The story.
pub(super) fn story() -> Vec<Step> {
    let mut script = Script::new("VN");
    schedule(
        &mut script,
        ("NTM", "00", 2022),
        "2022-06-15",
        &[
            ("2022-06-30", 1),
            ("2022-09-30", 30),
            ("2022-12-31", 80),
            ("2023-01-31", 95),
        ],
    );
    central(&mut script);
    local(&mut script);
    outside(&mut script);
    figures(&mut script);
    script.into_steps()
}

fn central(script: &mut Script) {
    let investment = line("NTM/00/2022/central/investment");
    let recurrent = line("NTM/00/2022/central/recurrent");
    let decisions = [
        (investment, "QD-2022-NTM-DT", "9000"),
        (recurrent, "QD-2022-NTM-SN", "2000"),
    ];
    for (line, name, capital) in decisions {
        let entry = published(name, day("2022-05-30"));
        let entry = signed(entry, &format!("{name} (illustrative)"), "Prime Minister");
        script.act(line, entry, assigned(billions(capital)));
    }
    let works = Works {
        line: investment,
        tag: "2022-NTM-DT",
        vintage: investment.year(),
        detailed: (billions("8460"), "2022-06-28"),
        committed: (billions("6930"), "2022-07-12"),
        paid: billions(PAID),
        shares: &[38, 27, 21, 14],
        curve: CURVE,
        behind: 0,
        advances: true,
    };
    works.write(script);
    let entry = published("GH-2022-NTM-DT", day("2022-12-30"));
    let extension = Extension {
        until: day("2023-12-31"),
        reason: text("capital of 2022 continues until the end of 2023"),
    };
    script.act(investment, entry, LineAction::Extend(extension));
}

/// The counterpart of the local budgets; its types are not published.
fn local(script: &mut Script) {
    let parts = [
        ("investment", "DT", ["21480.5", "16225", "8773"]),
        ("recurrent", "SN", ["9110.4", "6948.2", "3860.7"]),
    ];
    for (capital_type, tag, capitals) in parts {
        let line = line(&format!("NTM/00/2022/local/{capital_type}"));
        for (on, capital) in ["2022-03-31", "2022-07-29", "2022-11-30"]
            .iter()
            .zip(capitals)
        {
            let name = format!("NQ-2022-NTM-{tag}-{}", on.get(5..7).unwrap_or_default());
            let entry = illustrated(&name, day(on));
            let entry = signed(entry, "(illustrative)", "provincial People's Councils");
            script.act(line, entry, local_increase(billions(capital)));
        }
    }
}

/// What the programme mobilised outside the state budget, by quarters that are not published.
fn outside(script: &mut Script) {
    let sources = [
        ("integrated", ["8210", "12475", "14322", "14960"]),
        ("credit", ["96380", "104215", "112940", "123203"]),
        ("enterprise", ["6120", "8475", "9936", "10972"]),
        ("community", ["3905", "5216", "6088", "6639"]),
    ];
    let quarters = ["2022-03-31", "2022-06-30", "2022-09-30", "2022-12-30"];
    for (source, capitals) in sources {
        let line = line(&format!("NTM/00/2022/{source}/unclassified"));
        for (quarter, (on, capital)) in (1..).zip(quarters.iter().zip(capitals)) {
            let entry = illustrated(&format!("BC-2022-NTM-{source}-Q{quarter}"), day(on));
            let entry = noted(entry, &format!("{SPLIT} by quarters"));
            let action = match source {
                "integrated" | "credit" => assigned(billions(capital)),
                _ => local_increase(billions(capital)),
            };
            script.act(line, entry, action);
        }
    }
}

fn figures(script: &mut Script) {
    let publication = Publication {
        name: "NTM 2022",
        publisher: "press report on new rural development in 2022",
        on: ("2023-01-10", false),
        as_of: "2022-12-31",
        scope: ("NTM", "00", "2022"),
    };
    let part = |source, value| Figure {
        of: (source, ""),
        ..Figure::of(source, Measure::Plan, value)
    };
    let figures = [
        Figure::of("total", Measure::Plan, "621324"),
        part("central", "11000"),
        part("local", "66397.8"),
        part("integrated", "49967"),
        part("credit", "436738"),
        part("enterprise", "35503"),
        part("community", "21848"),
        Figure {
            of: ("central", "investment"),
            qualifier: Some(Qualifier::About),
            ..Figure::of("rate", Measure::Rate, "0.473")
        },
    ];
    publication.write(script, &figures);
}
