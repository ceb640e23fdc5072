//! Events and alerts as they happen: what is told, where a reader goes on, and that a stream ends with the
//! service.

use std::time::Duration;

use api::Limits;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tower::ServiceExt as _;

use crate::alerts::{ID, judge_on, with_alerts};
use crate::harness::{Service, payment, with_history};

/// How long a test waits for what must come.
const SOON: Duration = Duration::from_secs(10);

/// A reader of the stream.
struct Reader {
    body: Body,
    said: String,
}

/// An event of the stream.
#[derive(Debug, PartialEq)]
struct Heard {
    id: u64,
    name: String,
    data: Value,
}

impl Reader {
    async fn of(service: &Service, path: &str, last: Option<&str>) -> Self {
        let mut request = Request::get(path);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = service.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let (body, said) = (response.into_body(), String::new());
        Self { body, said }
    }

    /// The next event; what is no event is passed over.
    async fn next(&mut self) -> Heard {
        loop {
            while let Some((block, rest)) = self.said.split_once("\n\n") {
                let field = |name: &str| {
                    let mut lines = block.lines();
                    lines
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::to_owned)
                };
                let heard = field("id: ").zip(field("event: ")).zip(field("data: "));
                self.said = rest.to_owned();
                if let Some(((id, name), data)) = heard {
                    let data = serde_json::from_str(&data).unwrap();
                    let id = id.parse().unwrap();
                    return Heard { id, name, data };
                }
            }
            let frame = tokio::time::timeout(SOON, self.body.frame()).await;
            let frame = frame.expect("nothing comes").expect("it ended").unwrap();
            self.said
                .push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
    }
}

#[tokio::test]
async fn a_reader_hears_of_what_happens_from_then_on() {
    let service = with_alerts().await;
    let mut reader = Reader::of(&service, "/v1/alerts/live", None).await;
    let path = format!("/v1/alerts/{ID}/acknowledge");
    let acknowledged = service.ask(&path, &json!({})).await.json();
    let heard = reader.next().await;
    assert_eq!(heard.name, "alert.acknowledged");
    assert_eq!(heard.data, acknowledged["events"][1]);
    assert_eq!(heard.data["position"], heard.id);
    judge_on(&service, "2025-02-01").await;
    let heard = reader.next().await;
    assert_eq!(
        (heard.name.as_str(), heard.data["data"]["why"].as_str()),
        ("alert.resolved", Some("year_closed"))
    );
}

#[tokio::test]
async fn who_follows_all_events_hears_of_each_record() {
    let service = with_history().await;
    let all = service.get("/v1/events?limit=1000").await.json();
    let events = all["events"].as_array().unwrap();
    let mut reader = Reader::of(&service, "/v1/events/live?after=0", None).await;
    for event in events {
        assert_eq!(&reader.next().await.data, event);
    }
    let recorded = service.post(&payment("CT-9", 1)).await.json();
    let heard = reader.next().await;
    assert_eq!(heard.name, "line.disbursed");
    assert_eq!(
        (&heard.data["id"], &heard.data["position"]),
        (&recorded["id"], &recorded["position"])
    );
    let last = heard.id.to_string();
    let mut rest = Reader::of(&service, "/v1/events/live", Some(&last)).await;
    let next = service.post(&payment("CT-10", 1)).await.json();
    assert_eq!(rest.next().await.data["id"], next["id"]);
}

#[tokio::test]
async fn a_reader_goes_on_where_they_stopped_and_misses_nothing() {
    let service = with_alerts().await;
    let from_the_start = service.get("/v1/events?limit=1000").await.json();
    let events = from_the_start["events"].as_array().unwrap().iter();
    let of_alerts = |it: &&Value| it["stream"].as_str().unwrap().starts_with("alert-");
    let expected: Vec<Value> = events.filter(of_alerts).cloned().collect();
    assert_eq!(expected.len(), 6);
    let mut whole = Reader::of(&service, "/v1/alerts/live?after=0", None).await;
    for event in &expected {
        assert_eq!(&whole.next().await.data, event);
    }
    // The header is what a browser sends when it comes back, to the same path.
    let third = expected[2]["position"].to_string();
    let mut rest = Reader::of(&service, "/v1/alerts/live?after=0", Some(&third)).await;
    for event in &expected[3..] {
        assert_eq!(&rest.next().await.data, event);
    }
}

#[tokio::test]
async fn a_place_that_is_none_is_refused() {
    let service = with_alerts().await;
    for (path, last, slug) in [
        ("/v1/alerts/live?after=x", None, "malformed"),
        ("/v1/alerts/live?after=99999", None, "past-the-end"),
        ("/v1/alerts/live", Some("last"), "malformed"),
        ("/v1/alerts/live?name=x", None, "unknown-parameter"),
    ] {
        let reply = match last {
            Some(last) => service.get_with(path, "last-event-id", last).await,
            None => service.get(path).await,
        };
        assert_eq!(
            (reply.status.as_u16(), reply.slug().as_str()),
            (400, slug),
            "{path}"
        );
    }
    let other = service
        .get_with("/v1/alerts/live", "accept", "text/csv")
        .await;
    assert_eq!(other.status, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn a_stream_ends_with_the_service() {
    let service = with_alerts().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(async move {
        let stopped = async { drop(stopped.await) };
        let limits = Limits::default();
        api::serve(listener, service.router, &service.state, limits, stopped).await;
    });
    let mut reader = TcpStream::connect(address).await.unwrap();
    let head = b"GET /v1/alerts/live?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    reader.write_all(head).await.unwrap();
    let mut said = vec![0; 4_096];
    let read = tokio::time::timeout(SOON, reader.read(&mut said))
        .await
        .unwrap()
        .unwrap();
    assert!(String::from_utf8_lossy(&said[..read]).starts_with("HTTP/1.1 200"));
    stop.send(()).unwrap();
    // Well before the requests in flight would be cut off.
    let soon = Limits::default().drain / 2;
    tokio::time::timeout(soon, served).await.unwrap().unwrap();
}
