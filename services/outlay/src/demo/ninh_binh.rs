//! Ninh Bình, new rural development, 2021 to 2025: central capital, all of it allocated.
//!
//! Published is one sum, for the province that Ninh Bình, Hà Nam and Nam Định became on 1 July
//! 2025. The split by old province, year and type is illustrative; what was disbursed is not
//! published and not here.

use events::statement::{Measure, Qualifier};

use super::Step;
use super::script::Script;
use super::stated::{Figure, Publication};
use super::written::{MILLION, assigned, billions, day, detail, illustrated, line, signed, split};

/// Code of the old province, the letters in its papers' numbers, its council, billions.
const PROVINCES: [(&str, &str, &str, &str); 3] = [
    ("37", "NB", "People's Council of Ninh Bình", "301.219"),
    ("35", "HNA", "People's Council of Hà Nam", "262.4"),
    ("36", "ND", "People's Council of Nam Định", "419"),
];
/// Budget year, day of the allocation, day of the detail.
const YEARS: [(i64, &str, &str); 5] = [
    (2021, "2021-06-24", "2021-08-12"),
    (2022, "2022-06-09", "2022-07-21"),
    (2023, "2022-12-22", "2023-02-23"),
    (2024, "2023-12-19", "2024-02-27"),
    (2025, "2024-12-17", "2025-02-20"),
];
const YEAR_WEIGHTS: [i64; 5] = [9, 23, 25, 24, 19];

/// The story.
pub(super) fn story() -> Vec<Step> {
    let mut script = Script::new("NB");
    for (province, letters, council, capital) in PROVINCES {
        let types = [
            ("investment", "DT", &[5, 3][..]),
            ("recurrent", "SN", &[1][..]),
        ];
        let capitals = split(billions(capital), &[78, 22], MILLION);
        for ((capital_type, tag, projects), capital) in types.into_iter().zip(capitals) {
            let yearly = split(capital, &YEAR_WEIGHTS, MILLION);
            for ((budget_year, on, detailed_on), dong) in YEARS.into_iter().zip(yearly) {
                let line = line(&format!(
                    "NTM/{province}/{budget_year}/central/{capital_type}"
                ));
                let tag = format!("{budget_year}-{letters}-NTM-{tag}");
                let number = format!("NQ-{tag}");
                let entry = illustrated(&number, day(on));
                let entry = signed(entry, &format!("{number} (illustrative)"), council);
                script.act(line, entry, assigned(dong));
                for (number, dong) in (1..).zip(split(dong, projects, MILLION)) {
                    let entry = illustrated(&format!("PB-{tag}-{number:02}"), day(detailed_on));
                    let project = format!("DA-{tag}-{number:02}");
                    script.act(line, entry, detail(dong, &project));
                }
            }
        }
    }
    figures(&mut script);
    script.into_steps()
}

fn figures(script: &mut Script) {
    let publication = Publication {
        name: "NB 2021-2025",
        publisher: "baoninhbinh.org.vn",
        on: ("2025-10-29", true),
        as_of: "2025-09-30",
        scope: ("NTM", "37", "2021,2022,2023,2024,2025"),
    };
    let figures = [
        Figure {
            of: ("central", ""),
            ..Figure::of("central", Measure::Assigned, "982.619")
        },
        Figure {
            qualifier: Some(Qualifier::AtLeast),
            ..Figure::of("mobilised", Measure::Plan, "104238")
        },
    ];
    publication.write(script, &figures);
}
