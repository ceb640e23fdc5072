//! Alerts over HTTP: which are listed, what each stands on, and what is not there.

use axum::http::StatusCode;
use events::alert::{AlertCommand, AlertId};
use events::time::EffectiveOn;
use ledger::Command;
use projections::AsOf;
use projections::alarm::{entry, judge};
use projections::behind::{Asked, Behind, behind};
use serde_json::{Value, json};

use crate::behind::with_schedules;
use crate::harness::{Reply, Service, in_order, refuses};

/// The alert of most tests.
pub(crate) const ID: &str = "behind_plan.NTM.10.2024";

pub(crate) fn standings(service: &Service, day: &str) -> Behind {
    let ledger = service.ledger();
    let as_of = AsOf {
        effective: EffectiveOn::parse(day).unwrap(),
        known: ledger.applied(),
    };
    ledger.figures(|figures| behind(figures, &Asked::all(as_of)))
}

/// Judges every scope as of a day, and keeps what comes of it.
pub(crate) async fn judge_on(service: &Service, day: &str) {
    let ledger = service.ledger();
    let behind = standings(service, day);
    let open = ledger.alerts(projections::alerts::Alerts::open);
    for (id, command) in judge(&behind, &open) {
        tell(service, id, &behind, command).await;
    }
}

pub(crate) async fn tell(service: &Service, id: AlertId, behind: &Behind, command: AlertCommand) {
    let command = Command {
        id,
        entry: entry(behind),
        command,
        origin: None,
    };
    service.ledger().tell(command).await.unwrap();
}

/// Two provinces on 30 June 2024: one is behind enough to be watched, the other has paid nothing.
pub(crate) async fn with_alerts() -> Service {
    let service = with_schedules().await;
    judge_on(&service, "2024-06-30").await;
    service
}

pub(crate) async fn list(service: &Service, query: &str) -> Vec<Value> {
    let reply = service.get(&format!("/v1/alerts{query}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()["alerts"].as_array().unwrap().clone()
}

pub(crate) async fn ids(service: &Service, query: &str) -> Vec<String> {
    let id = |alert: &Value| alert["id"].as_str().unwrap().to_owned();
    list(service, query).await.iter().map(id).collect()
}

pub(crate) async fn ask(service: &Service, id: &str, what: &str, body: Value) -> Reply {
    service.ask(&format!("/v1/alerts/{id}/{what}"), &body).await
}

#[tokio::test]
async fn an_alert_tells_what_it_stands_on() {
    let service = with_alerts().await;
    let reply = service.get("/v1/alerts?province=10&rule=behind_plan").await;
    let position = reply.header("outlay-position").parse::<u64>().unwrap();
    let answer = reply.json();
    assert_eq!(answer["position"], position);
    let alert = answer["alerts"][0].clone();
    let expected = json!({"id": ID, "rule": "behind_plan", "level": "watch", "state": "open",
        "programme": "NTM", "programme_name": "Xây dựng nông thôn mới", "province": "10",
        "province_name": "Lào Cai", "year": 2024,
        "raised": {"position": alert["raised"]["position"], "on": "2024-06-30"}, "resolved": null,
        "acknowledged": false, "silenced_until": null, "as_of": "2024-06-30",
        "known_at": alert["known_at"], "basis": {"numerator": "gross", "certainty": "confirmed",
        "money": "all", "denominator": "total"}, "source": ["central", "local"],
        "boundaries": "2024-06-30", "plan": "1000",
        "disbursed": "450", "rate": "0.450000", "target": "0.500000", "target_from": "schedule",
        "behind_by": "0.050000", "gap": "50", "paid_30_days": "100", "days_since_payment": 27,
        "detail_missing": "1000", "advances_overdue": "0", "deliveries": []});
    assert_eq!(alert, expected);
    let event = alert["raised"]["position"].as_u64().unwrap();
    let raised = service
        .get(&format!("/v1/events?after={}&limit=1", event - 1))
        .await
        .json();
    assert_eq!(raised["events"][0]["stream"], format!("alert-{ID}"));
    in_order(
        &reply.text(),
        "position alerts id rule level state programme programme_name province province_name year \
         raised position on resolved acknowledged silenced_until as_of known_at basis boundaries \
         plan disbursed rate target target_from behind_by gap paid_30_days days_since_payment \
         detail_missing advances_overdue deliveries",
    );
}

#[tokio::test]
async fn the_evidence_of_an_alert_is_the_answer_at_its_position() {
    let service = with_alerts().await;
    for alert in list(&service, "").await {
        let province = alert["province"].as_str().unwrap_or("all");
        let path = format!(
            "/v1/behind?as_of={}&known_at={}&province={province}",
            alert["as_of"].as_str().unwrap(),
            alert["known_at"],
        );
        let scope = service.get(&path).await.json()["scopes"][0].clone();
        for figure in [
            "programme_name",
            "province_name",
            "plan",
            "disbursed",
            "rate",
            "target",
            "target_from",
            "behind_by",
            "gap",
            "paid_30_days",
            "days_since_payment",
            "detail_missing",
            "advances_overdue",
        ] {
            assert_eq!(alert[figure], scope[figure], "{figure} of {}", alert["id"]);
        }
    }
}

#[tokio::test]
async fn filters_name_rules_units_years_and_states() {
    let service = with_alerts().await;
    let all = [
        "behind_plan.NTM.all.2024",
        "behind_plan.NTM.10.2024",
        "behind_plan.NTM.15.2024",
        "stalled.NTM.15.2024",
        "detail_incomplete.NTM.10.2024",
        "detail_incomplete.NTM.15.2024",
    ];
    for (query, expected) in [
        ("", &all[..]),
        ("?programme=NTM&year=2024&state=open", &all),
        ("?province=all", &all[..1]),
        ("?province=all,10&rule=behind_plan", &all[..2]),
        ("?rule=stalled,behind_plan&province=15", &all[2..4]),
        ("?year=2023", &[]),
        ("?programme=SPR", &[]),
        ("?state=resolved", &[]),
    ] {
        assert_eq!(ids(&service, query).await, expected, "{query}");
    }
    // A year later all of them are over, and listed only where that is asked for.
    judge_on(&service, "2025-02-01").await;
    assert_eq!(ids(&service, "").await, [""; 0]);
    assert_eq!(ids(&service, "?state=resolved").await, all);
    let over = list(&service, "?state=resolved&province=all")
        .await
        .remove(0);
    let (resolved, level) = (&over["resolved"], &over["level"]);
    assert_eq!(resolved, &json!({"on": "2025-02-01", "why": "year_closed"}));
    // It keeps the figures that it was raised on.
    assert_eq!(
        (level, &over["as_of"]),
        (&json!("behind"), &json!("2024-06-30"))
    );
}

#[tokio::test]
async fn what_is_not_known_is_refused_with_what_is() {
    refuses(
        "/v1/alerts",
        &[
            ("state=closed", "malformed", "state"),
            ("state=open,", "malformed", "state"),
            ("rule=late", "malformed", "rule"),
            ("level=watch", "unknown-parameter", "level"),
            ("province=ALL!", "malformed", "province"),
            ("known_at=1", "unknown-parameter", "known_at"),
        ],
    )
    .await;
    let service = with_alerts().await;
    let known = |reply: Reply| reply.json()["known"].clone();
    let states = known(service.get("/v1/alerts?state=closed").await);
    assert_eq!(
        states,
        json!(["open", "acknowledged", "silenced", "resolved"])
    );
    let rules = known(service.get("/v1/alerts?rule=late").await);
    assert_eq!(rules.as_array().map(Vec::len), Some(5));
}

#[tokio::test]
async fn where_there_are_no_parameters_that_is_said() {
    let service = with_alerts().await;
    let reply = service.get(&format!("/v1/alerts/{ID}?level=watch")).await;
    let told = reply.json();
    assert_eq!(
        (&told["field"], &told["known"]),
        (&json!("level"), &json!([]))
    );
    assert_eq!(
        told["detail"],
        "'level' is not a parameter here; there are none"
    );
    let told = service.get("/v1/alerts?level=watch").await.json();
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains("; known are state, rule,"), "{detail}");
}

#[tokio::test]
async fn what_was_never_raised_is_not_there() {
    let service = with_alerts().await;
    for id in [
        "stalled.NTM.10.2024",
        "late.NTM.10.2024",
        "behind_plan.NTM.10.02024",
        "x",
    ] {
        let reply = service.get(&format!("/v1/alerts/{id}")).await;
        assert_eq!(
            (reply.status.as_u16(), reply.slug().as_str()),
            (404, "not-found"),
            "{id}"
        );
        for (what, body) in [
            ("acknowledge", json!({})),
            ("silence", json!({"until": "2025-04-01"})),
            ("resend", json!({"endpoint": "office", "event": 0})),
        ] {
            let head = service.ledger().applied();
            let reply = ask(&service, id, what, body).await;
            assert_eq!(
                (reply.status.as_u16(), reply.slug().as_str()),
                (404, "not-found"),
                "{id}"
            );
            assert_eq!(service.ledger().applied(), head);
        }
    }
}

#[tokio::test]
async fn the_page_lists_what_goes_on_and_nothing_else() {
    let service = with_schedules().await;
    let page = async |query: &str| {
        let reply = service.get(&format!("/{query}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        reply.text()
    };
    assert!(!page("?lang=en").await.contains("class=\"alerts\""));
    judge_on(&service, "2024-06-30").await;
    let english = page("?lang=en").await;
    let at = |what: &str| {
        english
            .find(what)
            .unwrap_or_else(|| panic!("{what}: {english}"))
    };
    // The worst first: by level, then by how much is missing.
    assert!(at("Whole country") > at("Yen Bai"), "{english}");
    assert!(
        english.contains("5.0\u{a0}points</strong> 50\u{a0}đ"),
        "{english}"
    );
    assert!(
        english.contains("since <time datetime=\"2024-06-30\">"),
        "{english}"
    );
    assert_eq!(english.matches("<li class=").count(), 6);
    assert!(
        english.contains("<span class=\"count\">6</span>"),
        "{english}"
    );
    let vietnamese = page("?lang=vi").await;
    for words in [
        "Chậm tiến độ",
        "Cả nước",
        "5,0\u{a0}điểm\u{a0}%",
        "chưa ai tiếp nhận",
    ] {
        assert!(vietnamese.contains(words), "{words}: {vietnamese}");
    }
    assert_eq!(page("?province=10").await.matches("<li class=").count(), 2);
    // On another day, or at another position, there were others.
    for query in ["?as_of=2024-06-30", "?known_at=60", "?programme=SPR"] {
        assert!(!page(query).await.contains("class=\"alerts\""), "{query}");
    }
    let silence = json!({"until": "2025-04-01"});
    ask(&service, ID, "silence", silence).await;
    assert!(
        page("?lang=en")
            .await
            .contains("silenced until <time datetime=\"2025-04-01\">")
    );
}

#[tokio::test]
async fn a_cell_says_its_status_in_a_word() {
    let service = with_schedules().await;
    let page = service.get("/?as_of=2024-06-30&lang=vi").await.text();
    assert!(
        page.contains("<span class=\"badge watch\">theo dõi</span>"),
        "{page}"
    );
    assert!(
        page.contains("<span class=\"badge stalled\">ngừng giải ngân</span>"),
        "{page}"
    );
    let before = service.get("/?as_of=2024-06-29&lang=vi").await.text();
    assert!(!before.contains("badge"), "{before}");
}
