//! A replay of services that answer what they are told to.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::*;
use crate::failure::Verdict;

const LINE: [(&str, &str); 4] = [
    ("programme", "NTM"),
    ("province", "10"),
    ("source", "central"),
    ("type", "investment"),
];

/// A service whose log has these positions, each an allocation of 5, and whose view says this plan.
fn service(positions: &'static [u64], plan: &'static str) -> Service {
    service_of(&[2024], positions, move |_| plan)
}

/// Such a service, whose view has these years, and says a plan as of a day.
fn service_of(
    years: &'static [u64],
    positions: &'static [u64],
    plan: impl Fn(&str) -> &'static str + Clone + Send + Sync + 'static,
) -> Service {
    let event = |position: &u64| {
        let event = json!({
            "position": position, "stream": "line-NTM.10.2024.central.investment",
            "name": "line.allocated", "version": 1, "recorded_at": "2024-01-05T00:00:00.000000Z",
            "data": {"reference": format!("QD-{position}"), "effective_on": "2024-01-05",
                "amount": "5", "basis": "assigned"},
        });
        format!("{event}\n")
    };
    let events = move |Query(asked): Query<BTreeMap<String, u64>>| async move {
        let later = positions
            .iter()
            .filter(|position| **position > asked["after"]);
        let limit = usize::try_from(asked["limit"]).unwrap();
        later.take(limit).map(event).collect::<String>()
    };
    let rates = move |Query(asked): Query<BTreeMap<String, String>>| async move {
        let plan = plan(&asked["as_of"]);
        let mut row = json!({"year": 2024, "vintage": 2024, "project": null, "commune": null,
            "plan": plan, "remaining": plan, "denominator": plan, "rate": "0.000000",
            "numerator": "0", "in_kind": []});
        for (name, code) in LINE {
            row[name] = json!(code);
        }
        for (measure, dong) in projections::plain::Sums::default().measures() {
            row[measure.as_str()] = json!(dong);
        }
        row["assigned"] = json!(plan);
        let year = asked.get("year").map(String::as_str);
        let years = years.iter().map(u64::to_string);
        let asked_for = years.filter(|it| year.is_none_or(|year| it == year));
        let rows: Vec<_> = asked_for
            .map(|year| {
                let mut row = row.clone();
                row["year"] = json!(year);
                row
            })
            .collect();
        Json(json!({"rows": rows, "overlap": false}))
    };
    let routes = Router::new().route("/v1/events", get(events));
    Service::Folder(routes.route("/v1/rates", get(rates)))
}

async fn replayed(service: &Service, until: u64, every: u64) -> Result<Compared, Failure> {
    let replayed = replay(service, until, every, &Progress::of_unknown()).await;
    replayed.map(|(_, compared)| compared)
}

#[tokio::test]
async fn a_view_that_says_what_the_log_says_is_the_same() {
    let service = service(&[1, 2, 3], "15");
    let compared = replayed(&service, 3, 5).await.unwrap();
    // A cell, a line, and what the programme has in the year: whatever the day, and as of one.
    assert_eq!((compared.steps, compared.cells), (1, 4));
    let told = compared.told(3);
    assert!(
        told.contains("55 figures of 4 cells\nin 1 step with"),
        "{told}"
    );
    assert!(
        told.contains("the last at position 3: no difference."),
        "{told}"
    );
}

#[tokio::test]
async fn a_view_that_says_something_else_is_found_wrong() {
    let service = service(&[1, 2, 3], "16");
    let failure = replayed(&service, 3, 5).await.unwrap_err();
    assert_eq!(failure.verdict(), Verdict::Refused);
    let told = failure.text().unwrap().to_string();
    assert!(
        told.contains("assigned is 15 replayed and 16 live"),
        "{told}"
    );
    assert!(told.contains("plan is 15 replayed and 16 live"), "{told}");
}

#[tokio::test]
async fn a_year_that_only_one_of_both_has_is_found() {
    let lines = |year: u64| format!("NTM/10/{year}/central/investment: the cell is ");
    for (years, told) in [
        (
            &[2023, 2024][..],
            lines(2023) + "missing replayed and there live",
        ),
        (&[], lines(2024) + "there replayed and missing live"),
    ] {
        let service = service_of(years, &[1, 2, 3], |_| "15");
        let failure = replayed(&service, 3, 5).await.unwrap_err();
        assert_eq!(failure.verdict(), Verdict::Refused);
        let text = failure.text().unwrap();
        assert!(text.contains(&told), "{text}");
    }
}

#[tokio::test]
async fn a_view_that_is_wrong_as_of_a_day_alone_is_found_wrong() {
    let plan = |day: &str| if day == LAST_DAY { "15" } else { "10" };
    let failure = replayed(&service_of(&[2024], &[1, 2, 3], plan), 3, 5).await;
    let told = failure.unwrap_err().text().unwrap();
    let difference = "NTM 2024 as of 2024-01-05: plan is 15 replayed and 10 live";
    assert!(told.contains(difference), "{told}");
}

#[test]
fn the_days_that_are_compared_are_drawn_evenly_with_both_ends() {
    let day = |day: usize| EffectiveOn::parse(&format!("2024-01-{day:02}")).unwrap();
    let days = |count: usize| -> Vec<_> { (1..=count).map(day).collect() };
    assert_eq!(drawn(&days(0)), []);
    assert_eq!(drawn(&days(1)), [day(1)]);
    assert_eq!(drawn(&days(2)), [day(1), day(2)]);
    assert_eq!(drawn(&days(9)), [1, 3, 5, 7, 9].map(day));
}

#[tokio::test]
async fn every_step_is_compared() {
    let service = service(&[1, 2, 3], "15");
    let failure = replayed(&service, 3, 2).await.unwrap_err();
    let told = failure.text().unwrap().to_string();
    assert!(told.contains("at position 2"), "{told}");
    assert!(
        told.contains("assigned is 10 replayed and 15 live"),
        "{told}"
    );
}

#[tokio::test]
async fn a_log_that_leaves_an_event_out_is_found_wrong() {
    for (positions, told) in [
        (&[1, 3][..], "the event at 2 is missing"),
        (&[1, 2][..], "the log ends at position 2"),
    ] {
        let failure = replayed(&service(positions, "15"), 3, 5).await.unwrap_err();
        assert_eq!(failure.verdict(), Verdict::Refused);
        assert!(failure.to_string().contains(told), "{failure}");
    }
}
