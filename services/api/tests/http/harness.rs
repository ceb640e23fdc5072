//! A service over an empty log and a clock that stands still.

use std::sync::Arc;

use api::AppState;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use events::time::RecordedAt;
use ledger::{Ledger, Register};
use serde_json::{Value, json};
use store::memory::Faults;
use store::{ManualClock, MemoryStore};
use tower::ServiceExt as _;

/// The line of most tests.
pub(crate) const LINE: &str = "NTM/10/2024/central/investment";

pub(crate) struct Service {
    pub(crate) router: Router,
    pub(crate) state: AppState,
    pub(crate) clock: Arc<ManualClock>,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub(crate) fn rows(&self) -> Vec<Value> {
        self.text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The slug of a problem that has everything a problem must have.
    #[track_caller]
    pub(crate) fn slug(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text()
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem["type"]
            .as_str()
            .unwrap()
            .strip_prefix("/problems/")
            .unwrap()
            .to_owned()
    }
}

/// A service on 1 March 2025 with the built-in register.
pub(crate) async fn service() -> Service {
    service_on("2025-03-01").await
}

/// A service on this day, at ten in the morning in Vietnam.
pub(crate) async fn service_on(day: &str) -> Service {
    let clock = clock(day);
    let ledger = Ledger::open(Arc::new(MemoryStore::new(clock.clone())));
    ledger.settle(Register::BuiltIn).await.unwrap();
    Service::over(AppState::ready(ledger), clock)
}

/// A service on 1 March 2025 whose store panics as is told to what comes with it.
pub(crate) async fn service_with_faults() -> (Service, Arc<Faults>) {
    let (clock, faults) = (clock("2025-03-01"), Arc::<Faults>::default());
    let store = MemoryStore::new(clock.clone()).with(faults.clone());
    let ledger = Ledger::open(Arc::new(store));
    ledger.settle(Register::BuiltIn).await.unwrap();
    (Service::over(AppState::ready(ledger), clock), faults)
}

/// A clock that stands at ten in the morning of this day in Vietnam.
pub(crate) fn clock(day: &str) -> Arc<ManualClock> {
    Arc::new(ManualClock::new(morning(day)))
}

fn morning(day: &str) -> RecordedAt {
    RecordedAt::parse(&format!("{day}T03:00:00Z")).unwrap()
}

/// A service with an allocation of 1,000, a commitment of 800 and a payment of 300 on it.
pub(crate) async fn with_history() -> Service {
    let service = service().await;
    for record in [
        allocation("QD-1", 1_000),
        commitment("HD-1", 800),
        payment("CT-1", 300),
    ] {
        let reply = service.post(&record).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    }
    service
}

impl Service {
    pub(crate) fn over(state: AppState, clock: Arc<ManualClock>) -> Self {
        Self {
            router: api::router(state.clone()),
            state,
            clock,
        }
    }

    /// Has it be ten in the morning of this day.
    pub(crate) fn comes(&self, day: &str) {
        self.clock.move_to(morning(day));
    }

    /// The ledger that it answers from.
    pub(crate) fn ledger(&self) -> &Ledger {
        self.state.find_ledger().unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn get_with(&self, path: &str, name: &str, value: &str) -> Reply {
        self.send(
            Request::get(path)
                .header(name, value)
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    pub(crate) async fn post(&self, record: &Value) -> Reply {
        self.post_raw(record.to_string()).await
    }

    pub(crate) async fn post_raw(&self, body: impl Into<Body>) -> Reply {
        self.post_with(&[], body).await
    }

    /// What `path` answers to this JSON.
    pub(crate) async fn ask(&self, path: &str, body: &Value) -> Reply {
        let request = Request::post(path).header("content-type", "application/json");
        self.send(request.body(body.to_string().into()).unwrap())
            .await
    }

    pub(crate) async fn post_with(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        let mut request = Request::post("/v1/records").header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn batch(&self, query: &str, body: impl Into<Body>) -> Reply {
        let request = Request::post(format!("/v1/records/batch{query}"));
        let request = request.header("content-type", "application/x-ndjson");
        self.send(request.body(body.into()).unwrap()).await
    }
}

pub(crate) fn allocation(reference: &str, amount: i64) -> Value {
    json!({"record": "allocation", "line": LINE, "reference": reference, "effective_on": "2024-01-05",
           "amount": amount.to_string(), "basis": "assigned"})
}

pub(crate) fn commitment(reference: &str, amount: i64) -> Value {
    json!({"record": "commitment", "line": LINE, "reference": reference, "effective_on": "2024-02-01",
           "amount": amount.to_string(), "project": "DA-1"})
}

pub(crate) fn payment(reference: &str, amount: i64) -> Value {
    json!({"record": "disbursement", "line": LINE, "reference": reference, "effective_on": "2024-03-01",
           "amount": amount.to_string(), "kind": "payment", "commitment": "HD-1"})
}

/// `record` with a field set, or taken away where the value is null.
pub(crate) fn with(record: &Value, field: &str, value: Value) -> Value {
    let mut record = record.clone();
    let members = record.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(field);
    } else {
        members.insert(field.to_owned(), value);
    }
    record
}

/// A service on 1 March 2025 with a line that was given 1,000, paid 300 and an advance of 50 in March,
/// 100 in June, and has half of the advance back; and a line of another province with 400.
pub(crate) async fn with_a_year() -> Service {
    let service = service().await;
    let other = "NTM/15/2024/central/investment";
    let advance = with(&payment("CT-3", 50), "kind", json!("advance"));
    let recovery = json!({"record": "recovery", "line": LINE, "reference": "TH-1",
        "effective_on": "2024-07-01", "advance": "CT-3", "amount": "25"});
    for record in [
        with(&allocation("QD-0", 400), "line", json!(other)),
        allocation("QD-1", 1_000),
        commitment("HD-1", 800),
        payment("CT-1", 300),
        with(&payment("CT-2", 100), "effective_on", json!("2024-06-03")),
        advance,
        recovery,
    ] {
        let reply = service.post(&record).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    }
    service
}

/// The names of `names` follow each other in `text`.
#[track_caller]
pub(crate) fn in_order(text: &str, names: &str) {
    let mut at = 0;
    for name in names.split_whitespace() {
        let found = text[at..].find(&format!("\"{name}\":"));
        at += found.unwrap_or_else(|| panic!("{name} is not after {}", &text[..at]));
    }
}

/// Every `path` is refused with this slug and field.
pub(crate) async fn refuses(path: &str, queries: &[(&str, &str, &str)]) {
    let service = with_history().await;
    for (query, slug, field) in queries {
        let reply = service.get(&format!("{path}?{query}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
        let said = (reply.slug(), reply.json()["field"].clone());
        assert_eq!(said, ((*slug).to_owned(), json!(field)), "{query}");
    }
}
