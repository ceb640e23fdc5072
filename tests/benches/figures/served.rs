//! The same answers over HTTP, beside a handler that answers nothing.
//!
//! Server and clients share this machine's processors, so the ratios tell and the rates do not.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use api::{AppState, Hosts, Limits};
use axum::Router;
use axum::routing::get;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::connection::Connection;
use crate::filled::Running;
use crate::measure::{Client, Failure, Watched, drive};

/// Connections at once.
const CONNECTIONS: usize = 64;

/// How long each route is asked.
const WINDOW: Duration = Duration::from_secs(3);

/// The table of programmes and provinces.
const TABLE: &str = "/v1/rates?by=programme,province";
/// One rate.
const RATE: &str = "/v1/rates?programme=NTM&province=40&year=2024";

const HEALTH: &str = "/healthz, all layers";
const ONE_RATE: &str = "one rate";
/// A question that was answered before: nothing was recorded since.
const SAME_BYTES: &str = "full table";
/// The same for who takes it compressed.
const SAME_PACKED: &str = "full table, gzip";
const GZIP: &str = "Accept-Encoding: gzip";
/// Who waits for a position is not given an earlier answer again.
const COMPUTED: &str = "Outlay-At-Least: 1";

/// One route under load.
pub(crate) struct Route {
    pub(crate) name: &'static str,
    pub(crate) per_second: u64,
    /// Bytes of one answer's body.
    pub(crate) bytes: usize,
}

impl Route {
    /// Whether it answers next to nothing behind all layers: what the others are measured by.
    pub(crate) fn is_layered_empty(&self) -> bool {
        self.name == HEALTH
    }

    /// The share of that one's requests, in percent, that it is to reach.
    pub(crate) fn least(&self) -> Option<u64> {
        match self.name {
            ONE_RATE => Some(70),
            SAME_BYTES | SAME_PACKED => Some(50),
            _ => None,
        }
    }
}

/// What was measured.
pub(crate) struct Served {
    /// Who sent the requests.
    pub(crate) load: String,
    pub(crate) routes: Vec<Route>,
    /// What serialising the body of the table takes alone.
    pub(crate) serialise: Duration,
}

/// Serves the figures of `running` and asks for them.
pub(crate) fn measure(running: &Running) -> Result<Served, Failure> {
    let runtime = &running.runtime;
    let state = AppState::ready(running.ledger.clone());
    let layered = Server::start(
        runtime,
        api::served(state.clone(), Hosts::default()),
        &state,
    )?;
    let empty = Router::new().route("/empty", get(|| async {}));
    let empty = Server::start(runtime, empty, &state)?;
    let ask = |server: &Server, path, header| runtime.block_on(once(server.address, path, header));
    let table = ask(&layered, TABLE, None)?;
    let has_wrk = Command::new("wrk").arg("-v").output().is_ok();
    let mut routes = Vec::new();
    let had = table.tag.map(|tag| format!("If-None-Match: {tag}"));
    let computed = Some(COMPUTED);
    for (name, server, path, header) in [
        ("empty handler, no layers", &empty, "/empty", None),
        (HEALTH, &layered, "/healthz", None),
        (ONE_RATE, &layered, RATE, None),
        ("one rate, computed each time", &layered, RATE, computed),
        (SAME_BYTES, &layered, TABLE, None),
        (SAME_PACKED, &layered, TABLE, Some(GZIP)),
        ("full table, computed each time", &layered, TABLE, computed),
        ("full table, not modified", &layered, TABLE, had.as_deref()),
    ] {
        let bytes = ask(server, path, header)?.body.len();
        let per_second = if has_wrk {
            wrk(server.address, path, header)?
        } else {
            runtime.block_on(load(server.address, path, header))?
        };
        eprintln!("{name}: {per_second} requests/s, {bytes} bytes");
        routes.push(Route {
            name,
            per_second,
            bytes,
        });
    }
    let load = if has_wrk {
        "wrk, one thread".to_owned()
    } else {
        "clients in this process, as `wrk` is not installed".to_owned()
    };
    Ok(Served {
        load: format!("{load}, {CONNECTIONS} connections"),
        routes,
        serialise: serialise(&table.body)?,
    })
}

/// A server in this process, stopped when it is dropped.
struct Server {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Server {
    fn start(runtime: &Runtime, router: Router, state: &AppState) -> Result<Self, Failure> {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let state = state.clone();
        runtime.spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            api::serve(listener, router, &state, Limits::default(), stopped).await;
        });
        Ok(Self {
            address,
            _stop: stop,
        })
    }
}

struct Answered {
    body: Vec<u8>,
    tag: Option<String>,
}

async fn once(address: SocketAddr, path: &str, header: Option<&str>) -> Result<Answered, Failure> {
    let mut connection = Connection::open(address).await?;
    let status = connection.send(&request(path, header)).await?;
    if !matches!(status, 200 | 304) {
        return Err(format!("{path} was answered with {status}").into());
    }
    let (head, body) = connection.received();
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: "));
    Ok(Answered {
        tag: tag.map(str::to_owned),
        body: body.to_vec(),
    })
}

fn request(path: &str, header: Option<&str>) -> String {
    let header = header.map_or_else(String::new, |header| format!("{header}\r\n"));
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n")
}

/// Requests per second, as `wrk` counts them.
fn wrk(address: SocketAddr, path: &str, header: Option<&str>) -> Result<u64, Failure> {
    let mut wrk = Command::new("wrk");
    wrk.args([
        "-t",
        "1",
        "-c",
        &CONNECTIONS.to_string(),
        "--timeout",
        "60s",
    ])
    .args(["-d", &format!("{}s", WINDOW.as_secs())]);
    if let Some(header) = header {
        wrk.args(["-H", header]);
    }
    let output = wrk.arg(format!("http://{address}{path}")).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let rate = said
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"));
    let whole = rate.and_then(|rate| rate.trim().split('.').next()?.parse().ok());
    Ok(whole.ok_or_else(|| format!("wrk said '{said}'"))?)
}

struct Asking {
    connection: Connection,
    request: String,
}

impl Client for Asking {
    async fn once(&mut self) -> Result<(), Failure> {
        self.connection.send(&self.request).await?;
        Ok(())
    }
}

/// Requests per second of clients in this process.
async fn load(address: SocketAddr, path: &str, header: Option<&str>) -> Result<u64, Failure> {
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(Asking {
            connection: Connection::open(address).await?,
            request: request(path, header),
        });
    }
    let watched = Watched {
        commits: None,
        process: std::process::id(),
    };
    Ok(drive(clients, WINDOW, watched).await?.0.per_second)
}

/// The median time that `serde_json` takes to write the same body again.
fn serialise(body: &[u8]) -> Result<Duration, Failure> {
    let body: Value = serde_json::from_slice(body)?;
    let mut took = Vec::new();
    for _ in 0..200 {
        let begin = Instant::now();
        std::hint::black_box(serde_json::to_vec(&body)?);
        took.push(begin.elapsed());
    }
    Ok(crate::engines::median(&took))
}
