//! Lào Cai, the figures that were published on 7 March 2025.

use events::statement::{Measure, Qualifier};

use crate::demo::script::Script;
use crate::demo::stated::{Figure, Publication};

const PUBLISHER: &str = "press report on Lào Cai's three programmes in 2024";
const PROGRAMMES: &str = "EM,NTM,SPR";

/// Writes them down.
pub(super) fn write(script: &mut Script) {
    let (inside, about) = (("central", ""), Some(Qualifier::About));
    let rate = |name, capital_type, value| Figure {
        of: ("central", capital_type),
        ..Figure::of(name, Measure::Rate, value)
    };
    let sums = [
        Figure {
            of: inside,
            qualifier: about,
            ..Figure::of("plan", Measure::Plan, "2419")
        },
        Figure {
            of: inside,
            ..Figure::of("disbursed", Measure::Disbursed, "1782")
        },
        rate("rate", "", "0.737"),
        rate("rate investment", "investment", "0.872"),
        rate("rate recurrent", "recurrent", "0.633"),
    ];
    publication("LC 2024", "2025-01-31", PROGRAMMES, "2024").write(script, &sums);
    for (programme, value) in [("EM", "0.713"), ("NTM", "0.807"), ("SPR", "0.771")] {
        let name = format!("LC 2024 {programme}");
        let rates = [rate("rate", "", value)];
        publication(&name, "2025-01-31", programme, "2024").write(script, &rates);
    }
    let given = Figure {
        of: ("community", ""),
        qualifier: Some(Qualifier::AtLeast),
        ..Figure::of("community", Measure::Disbursed, "237")
    };
    publication("LC 2024", "2025-01-31", PROGRAMMES, "2024").write(script, &[given]);
    let carried = Figure {
        of: ("central", "investment"),
        ..Figure::of("carried out", Measure::CarriedOut, "134.6")
    };
    publication("LC 2024", "2025-03-07", PROGRAMMES, "2024").write(script, &[carried]);
    let plan = Figure {
        of: inside,
        qualifier: about,
        ..Figure::of("plan", Measure::Plan, "2595")
    };
    publication("LC 2025", "2025-03-07", PROGRAMMES, "2025").write(script, &[plan]);
}

fn publication<'a>(
    name: &'a str,
    as_of: &'a str,
    programmes: &'a str,
    years: &'a str,
) -> Publication<'a> {
    Publication {
        name,
        publisher: PUBLISHER,
        on: ("2025-03-07", true),
        as_of,
        scope: (programmes, "10", years),
    }
}
