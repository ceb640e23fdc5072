//! The published figures: every one of them is the answer to its question.

use serde_json::Value;

use crate::outlay::demo;

/// A question, and the figures that were published: a field of the answer, and the figure in
/// billions of đồng, or in percent with as many decimals as were printed.
struct Published {
    question: &'static str,
    figures: &'static [(&'static str, &'static str)],
}

const LAO_CAI: &str = "year=2024&province=10&source=central&as_of=2025-01-31";

/// The published figures of the demo.
const PUBLISHED: [Published; 13] = [
    Published {
        question: "year=2024&province=10&source=central&as_of=2025-01-31",
        figures: &[("plan", "2419"), ("disbursed", "1782"), ("rate", "73.7 %")],
    },
    Published {
        question: "year=2024&province=10&source=central&type=investment&as_of=2025-07-31",
        figures: &[("carried_out", "134.6"), ("plan", "1051.5625")],
    },
    Published {
        question: "year=2025&province=10&source=central&as_of=2025-07-31",
        figures: &[("plan", "2595"), ("carried_in", "134.6")],
    },
    Published {
        question: "year=2022&province=00&programme=NTM&as_of=2022-12-31",
        figures: &[("plan", "621453.8")],
    },
    Published {
        question: "year=2022&province=00&programme=NTM&source=central&type=investment\
                   &as_of=2022-12-31",
        figures: &[("plan", "9000"), ("disbursed", "4257"), ("rate", "47.3 %")],
    },
    Published {
        question: "year=2022&province=00&programme=NTM&source=central&type=recurrent\
                   &as_of=2022-12-31",
        figures: &[("plan", "2000")],
    },
    Published {
        question: "year=2021,2022,2023,2024,2025&province=37&programme=NTM&source=central\
                   &boundaries=2025-09-30",
        figures: &[("assigned", "982.619"), ("detailed", "982.619")],
    },
    Published {
        question: "year=2023&province=42&programme=NTM&source=enterprise,community",
        figures: &[("disbursed", "95.539")],
    },
    Published {
        question: "year=2025&province=00&programme=PUB&as_of=2025-08-31&certainty=with_estimates",
        figures: &[
            ("assigned", "884585"),
            ("local_increase", "141341"),
            ("carried_in", "64923.8"),
            ("plan", "1090849.8"),
            ("detailed", "987441"),
            ("disbursed", "358188.8"),
            ("numerator", "434006.5"),
            ("rate", "39.79 %"),
        ],
    },
    Published {
        question: "year=2025&province=00&programme=PUB&as_of=2025-08-31&certainty=with_estimates\
                   &money=plan_year&denominator=assigned_and_local",
        figures: &[("numerator", "409170"), ("rate", "39.88 %")],
    },
    Published {
        question: "year=2025&province=00&programme=PUB&as_of=2025-08-31&certainty=with_estimates\
                   &money=plan_year&denominator=assigned",
        figures: &[("numerator", "409170"), ("rate", "46.26 %")],
    },
    Published {
        question: "year=2025&province=00&programme=PUB&as_of=2025-07-31",
        figures: &[("disbursed", "358188.8"), ("rate", "32.84 %")],
    },
    Published {
        question: "year=2024&province=10&source=community&as_of=2025-01-31",
        figures: &[("disbursed", "237")],
    },
];

/// A question, by which dimension, a field, and what each row has of it.
type By = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// The same, by a dimension.
const BY: [By; 5] = [
    (
        LAO_CAI,
        "type",
        "rate",
        &[("investment", "87.2 %"), ("recurrent", "63.3 %")],
    ),
    (
        LAO_CAI,
        "programme",
        "rate",
        &[("EM", "71.3 %"), ("NTM", "80.7 %"), ("SPR", "77.1 %")],
    ),
    (
        LAO_CAI,
        "programme",
        "plan",
        &[("EM", "1700"), ("NTM", "431"), ("SPR", "288")],
    ),
    (
        "year=2022&province=00&programme=NTM&as_of=2022-12-31",
        "source",
        "plan",
        &[
            ("central", "11000"),
            ("local", "66397.8"),
            ("integrated", "49967"),
            ("credit", "436738"),
            ("enterprise", "35503"),
            ("community", "21848"),
        ],
    ),
    (
        "year=2023&province=42&programme=NTM&source=enterprise,community",
        "source",
        "disbursed",
        &[("enterprise", "15.739"), ("community", "79.8")],
    ),
];

/// Whether a field is the published figure: billions, or percent with the printed decimals.
#[track_caller]
fn check(question: &str, row: &Value, field: &str, published: &str) {
    let value = row[field]
        .as_str()
        .unwrap_or_else(|| panic!("{question}: no {field}: {row}"));
    let shown = match published.strip_suffix(" %") {
        Some(percent) => {
            let decimals = percent
                .split_once('.')
                .map_or(0, |(_, decimals)| decimals.len());
            format!("{} %", percent_of(value, decimals))
        }
        None => billions(value),
    };
    assert_eq!(shown, published, "{question} {field}");
}

/// Whole đồng as billions, exactly.
fn billions(dong: &str) -> String {
    let dong = format!("{dong:0>10}");
    let (whole, rest) = dong.split_at(dong.len() - 9);
    let text = format!("{whole}.{rest}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A rate of six places as a percentage of so many decimals, half away from zero.
fn percent_of(rate: &str, decimals: usize) -> String {
    let millionths: u64 = rate.replace('.', "").parse().expect("a rate");
    let step = [10_000, 1_000, 100][decimals];
    let rounded = (millionths + step / 2) / step;
    let shift = [1, 10, 100][decimals];
    format!("{}.{:0decimals$}", rounded / shift, rounded % shift)
}

#[test]
fn every_published_figure_is_the_answer_to_its_question() {
    let demo = demo();
    let ask = |question: &str| demo.get(&format!("/v1/rates?{question}")).of(200).json();
    for Published { question, figures } in PUBLISHED {
        let answer = ask(question);
        for (field, published) in figures {
            check(question, &answer["total"], field, published);
        }
    }
    for (question, by, field, rows) in BY {
        let answer = ask(&format!("{question}&by={by}"));
        let answered = answer["rows"].as_array().expect("rows");
        assert_eq!(answered.len(), rows.len(), "{question} by {by}");
        for (name, published) in rows {
            let row = answered
                .iter()
                .find(|row| row[by] == **name)
                .expect("a row of that name");
            check(&format!("{question} {name}"), row, field, published);
        }
    }
}

#[test]
fn what_was_carried_over_is_12_8_percent_of_the_plan() {
    let question = "/v1/rates?year=2024&province=10&source=central&type=investment\
                    &as_of=2025-07-31";
    let total = demo().get(question).of(200).json()["total"].clone();
    let of = |field: &str| -> u128 { total[field].as_str().expect("a sum").parse().expect("one") };
    assert_eq!(of("carried_out") * 1_000 / of("plan"), 128);
}

#[test]
fn gifts_of_work_and_land_are_counted_in_their_own_units() {
    let question = "/v1/rates?year=2024&province=10&source=community&as_of=2025-01-31";
    let total = demo().get(question).of(200).json()["total"].clone();
    let quantity = |kind: &str| {
        let kinds = total["in_kind"].as_array().expect("gifts in kind");
        kinds
            .iter()
            .find(|it| it["kind"] == kind)
            .map(|it| it["quantity"].to_string())
    };
    let plain = |text: Option<String>| text.map(|it| it.replace('"', ""));
    assert_eq!(plain(quantity("labour_days")).as_deref(), Some("209000"));
    assert_eq!(plain(quantity("land_m2")).as_deref(), Some("400000"));
}

#[test]
fn a_stated_total_stands_beside_the_computed_one() {
    let question = "/v1/rates?year=2022&province=00&programme=NTM&as_of=2022-12-31";
    let answer = demo().get(question).of(200).json();
    let statements = answer["statements"].as_array().expect("statements");
    let plan = statements
        .iter()
        .find(|it| it["stated"] == "621324000000000")
        .expect("the total");
    assert_eq!(plan["computed"], "621453800000000");
    assert_eq!(plan["gap"], "-129800000000");
}
