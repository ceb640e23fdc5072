//! The shapes of what is derived from rates: curves, explanations, comparisons.

use events::statement::Measure;
use projections::series::Step;
use serde_json::{Value, json};

use super::schemas::{list, number, object, or_null, text, to};

pub(super) fn derived() -> Value {
    let known_at = object(&[
        ("position", number()),
        ("recorded_at", or_null(to("Instant"))),
    ]);
    let adding = object(&[(
        "adds",
        json!({"type": "object", "description": "By measure.", "additionalProperties": to("Money")}),
    )]);
    let row = object(&[
        ("before", or_null(to("Figures"))),
        ("after", or_null(to("Figures"))),
        ("events", list(number())),
    ]);
    let total = object(&[("before", to("Figures")), ("after", to("Figures"))]);
    json!({
        "KnownAt": known_at,
        "Point": point(),
        "Series": object(&[
            ("from", to("Day")),
            ("to", to("Day")),
            ("step", json!({"enum": Step::KNOWN})),
            ("known_at", to("KnownAt")),
            ("basis", to("Basis")),
            ("boundaries", text()),
            ("points", list(to("Point"))),
        ]),
        "Adding": {"description": "An event, and what it adds to which measure.", "allOf": [to("Event"), adding]},
        "Explanation": object(&[
            ("as_of", to("Day")),
            ("known_at", to("KnownAt")),
            ("basis", to("Basis")),
            ("boundaries", text()),
            ("measure", json!({"enum": Measure::KNOWN})),
            ("figure", json!({"description": "Money or a rate.", "anyOf": [to("Money"), to("Rate"), {"type": "null"}]})),
            ("events", list(to("Adding"))),
            ("next", or_null(text())),
        ]),
        "ComparedRow": {
            "description": "The dimensions asked for, a code followed by its name, then the row as known before and after; null where nothing counted.",
            "allOf": [row]
        },
        "Comparison": object(&[
            ("as_of", to("Day")),
            ("from", to("KnownAt")),
            ("to", to("KnownAt")),
            ("basis", to("Basis")),
            ("boundaries", text()),
            ("rows", list(to("ComparedRow"))),
            ("total", total),
        ])
    })
}

fn point() -> Value {
    object(&[
        ("date", to("Day")),
        ("plan", or_null(to("Money"))),
        ("target", or_null(to("Rate"))),
        ("committed", to("Money")),
        ("disbursed", to("Money")),
        ("rate", or_null(to("Rate"))),
        ("last_year_rate", or_null(to("Rate"))),
    ])
}
