//! Two nodes over one cluster, as many clients, and leaders that die.
//!
//! The cluster is the protocol peer: it says nothing of durability, elections or speed. The nodes
//! are whole but for their sockets: routes, ledger, store, and a copy on disk.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "all of it is a test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::AppState;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use events::log::Position;
use ledger::{Ledger, Register};
use peer::{Cluster, Options};
use serde_json::{Value, json};
use store::{EventStore, NoObserver, SystemClock, difference};
use store_eventstore::{EventStoreDb, Settings};
use store_sqlite::SqliteStore;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

const CLIENTS: usize = 64;
const VOUCHERS: usize = 10_000;
const LINES: usize = 40;
const SEED: u64 = 20_250_131;

/// A node: its routes, its store, and the folder of its copy.
struct Node {
    router: Router,
    store: Arc<EventStoreDb>,
    _folder: TempDir,
}

impl Node {
    async fn over(cluster: &Cluster) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SystemClock);
        let copy = SqliteStore::open_copy(folder.path(), clock.clone(), Arc::new(NoObserver));
        let settings = Settings::new(cluster.connection_string().parse().unwrap());
        let store = EventStoreDb::open(
            settings,
            Arc::new(copy.unwrap()),
            clock,
            Arc::new(NoObserver),
        )
        .await;
        let store = Arc::new(store.unwrap());
        let ledger = Ledger::open(store.clone());
        ledger.settle(Register::BuiltIn).await.unwrap();
        Self {
            router: api::router(AppState::ready(ledger)),
            store,
            _folder: folder,
        }
    }

    async fn ask(&self, request: Request<Body>) -> (u16, Vec<u8>) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, body.to_vec())
    }

    /// Posts a record until it is taken; where and with which id it was recorded.
    async fn record(&self, record: &Value) -> (u64, String) {
        loop {
            let request = Request::post("/v1/records")
                .header("content-type", "application/json")
                .body(Body::from(record.to_string()))
                .unwrap();
            let (status, body) = self.ask(request).await;
            let body: Value = serde_json::from_slice(&body).unwrap();
            match status {
                200 | 201 => {
                    let id = body["id"].as_str().unwrap().to_owned();
                    return (body["position"].as_u64().unwrap(), id);
                }
                // Another node was first three times, or the outcome is unknown: once more.
                409 if body["type"] == "/problems/conflict" => {}
                503 => {}
                _ => unreachable!("{status} {body}"),
            }
        }
    }

    async fn rates(&self, position: Position) -> Vec<u8> {
        let question = format!(
            "/v1/rates?by=programme,province,source,type&as_of=2025-01-31&known_at={position}"
        );
        let request = Request::get(question).body(Body::empty()).unwrap();
        let (status, body) = self.ask(request).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        body
    }
}

/// The line of a voucher.
fn line(number: usize) -> String {
    let programme = ["NTM", "SPR", "EM", "PUB"][number % 4];
    let province = ["10", "15", "19", "20", "22", "24", "25", "26", "27", "30"][number / 4 % 10];
    format!("{programme}/{province}/2024/central/investment")
}

fn voucher(number: usize) -> Value {
    json!({
        "record": "disbursement",
        "reference": format!("KB-{number}"),
        "effective_on": "2024-06-03",
        "line": line(number % LINES),
        "amount": (number + 1).to_string(),
        "kind": "payment",
        "commitment": "HD-1",
    })
}

/// Opens each line and promises all of it.
async fn prepare(node: &Node) {
    for number in 0..LINES {
        let common = json!({
            "effective_on": "2024-01-05", "line": line(number), "amount": "1000000000",
        });
        for (record, reference, basis) in [
            ("allocation", "QD-1", Some("assigned")),
            ("commitment", "HD-1", None),
        ] {
            let mut record = json!({"record": record, "reference": reference});
            let fields = record.as_object_mut().unwrap();
            fields.extend(common.as_object().unwrap().clone());
            fields.extend(basis.map(|basis| ("basis".to_owned(), json!(basis))));
            node.record(&record).await;
        }
    }
}

/// Every voucher for both nodes, in an order of its own.
fn posts() -> Vec<(usize, usize)> {
    let mut posts: Vec<_> = (0..2)
        .flat_map(|node| (0..VOUCHERS).map(move |it| (node, it)))
        .collect();
    let mut state = SEED;
    for last in (1..posts.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let bound = u64::try_from(last + 1).unwrap();
        posts.swap(last, usize::try_from((state >> 33) % bound).unwrap());
    }
    posts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_voucher_counts_once_on_both_nodes_when_leaders_die() {
    let options = Options {
        nodes: 3,
        ..Options::default()
    };
    let cluster = Arc::new(Cluster::start(options).await.unwrap());
    let nodes = Arc::new([Node::over(&cluster).await, Node::over(&cluster).await]);
    prepare(&nodes[0]).await;

    let (posts, next) = (Arc::new(posts()), Arc::new(AtomicUsize::new(0)));
    let acknowledged = Arc::new(Mutex::new(Vec::with_capacity(posts.len())));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (nodes, posts, next) = (nodes.clone(), posts.clone(), next.clone());
        let acknowledged = acknowledged.clone();
        clients.spawn(async move {
            while let Some(&(node, number)) = posts.get(next.fetch_add(1, Ordering::Relaxed)) {
                let recorded = nodes[node].record(&voucher(number)).await;
                acknowledged.lock().unwrap().push((number, recorded));
            }
        });
    }
    for killed in 1..=3 {
        while acknowledged.lock().unwrap().len() < killed * VOUCHERS / 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let dead = cluster.kill_leader().await;
        cluster.up(dead).await.unwrap();
    }
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    let acknowledged = acknowledged.lock().unwrap().clone();
    check(&cluster, &nodes, &acknowledged).await;
}

/// Each voucher is an event once, where every acknowledgement said, and both nodes agree.
async fn check(cluster: &Cluster, nodes: &[Node; 2], acknowledged: &[(usize, (u64, String))]) {
    assert_eq!(acknowledged.len(), 2 * VOUCHERS);
    let written = cluster.events();
    let ids: Vec<_> = written
        .iter()
        .filter(|it| it.event_type == "line.disbursed")
        .map(|it| it.id.to_string())
        .collect();
    assert_eq!(ids.len(), VOUCHERS, "seed {SEED}");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), VOUCHERS);

    let head = nodes[0].store.latest().await.unwrap().position;
    assert_eq!(nodes[1].store.latest().await.unwrap().position, head);
    let (one, other) = (&*nodes[0].store, &*nodes[1].store);
    assert_eq!(difference(one, other, head, |_| {}).await.unwrap(), None);
    let all = one.read(Position::START, usize::MAX).await.unwrap();
    let places: BTreeMap<String, u64> = all
        .iter()
        .map(|it| (it.id.to_string(), it.position.0))
        .collect();
    let mut told = BTreeMap::new();
    for (number, (position, id)) in acknowledged {
        assert_eq!(
            places.get(id),
            Some(position),
            "voucher {number}, seed {SEED}"
        );
        let first = told.entry(number).or_insert(id);
        assert_eq!(*first, id, "both nodes tell of one event");
    }
    for position in [head, Position(head.0 / 2)] {
        assert_eq!(
            nodes[0].rates(position).await,
            nodes[1].rates(position).await
        );
    }
    let paid: Value = serde_json::from_slice(&nodes[1].rates(head).await).unwrap();
    let sum = VOUCHERS * (VOUCHERS + 1) / 2;
    assert_eq!(paid["total"]["disbursed"], sum.to_string());
}
