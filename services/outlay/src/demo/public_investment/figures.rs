//! Public investment in 2025, the figures that were published in August and September.

use events::basis::{Basis, Counted, CountedMoney, Denominator};
use events::statement::Measure;

use crate::demo::script::Script;
use crate::demo::stated::{Figure, Publication, USUAL};

/// As the Ministry of Finance estimates a month that has just ended.
const ESTIMATED: Basis = Basis {
    certainty: Counted::WithEstimates,
    ..USUAL
};
const PLAN_YEAR: Basis = Basis {
    money: CountedMoney::PlanYear,
    denominator: Denominator::AssignedAndLocal,
    ..ESTIMATED
};
const OVER_ASSIGNED: Basis = Basis {
    denominator: Denominator::Assigned,
    ..PLAN_YEAR
};

/// Writes them down.
pub(super) fn write(script: &mut Script) {
    let on = |name, measure, value, basis| Figure {
        basis,
        ..Figure::of(name, measure, value)
    };
    let july = [
        on("numerator", Measure::Numerator, "388301.15", PLAN_YEAR),
        on("denominator", Measure::Denominator, "984235.4", PLAN_YEAR),
        on("rate of the plan", Measure::Rate, "0.3945", PLAN_YEAR),
        on("rate of assigned", Measure::Rate, "0.4390", OVER_ASSIGNED),
    ];
    let estimate = Publication {
        name: "PUB 2025-07 estimated",
        publisher: "Ministry of Finance, 11602/BTC-PTHT",
        on: ("2025-08-06", true),
        as_of: "2025-07-31",
        scope: ("PUB", "00", "2025"),
    };
    estimate.write(script, &july);
    let confirmed = [
        on("disbursed", Measure::Disbursed, "358188.8", USUAL),
        on("rate", Measure::Rate, "0.3284", USUAL),
    ];
    let september = Publication {
        name: "PUB 2025-07 confirmed",
        publisher: "Ministry of Finance, in Lao Động",
        on: ("2025-09-05", false),
        ..estimate
    };
    september.write(script, &confirmed);
    let august = [
        on("assigned", Measure::Assigned, "884585", USUAL),
        on("local increase", Measure::LocalIncrease, "141341", USUAL),
        on("carried in", Measure::CarriedIn, "64923.8", USUAL),
        on("plan", Measure::Plan, "1090850", USUAL),
        on("detailed", Measure::Detailed, "987441", USUAL),
        on("disbursed", Measure::Numerator, "434006.5", ESTIMATED),
        on("rate", Measure::Rate, "0.3979", ESTIMATED),
        on("disbursed of 2025", Measure::Numerator, "409170", PLAN_YEAR),
        on("rate of 2025", Measure::Rate, "0.3988", PLAN_YEAR),
        on("rate of assigned", Measure::Rate, "0.4626", OVER_ASSIGNED),
    ];
    let september = Publication {
        name: "PUB 2025-08",
        as_of: "2025-08-31",
        ..september
    };
    september.write(script, &august);
}
