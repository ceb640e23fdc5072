//! The accept loop. `axum::serve` waits for ever for a head that does not come; here every
//! connection has a time for its first byte, a time for each head, and one place of a bounded
//! number.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::IntGauge;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::state::AppState;
use crate::unread::{Heard, read_away};

/// What a connection may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most connections at once; others wait in the backlog.
    pub connections: usize,
    /// How long a connection may be silent before its first byte.
    pub first_byte: Duration,
    /// How long each head may take to arrive.
    pub header: Duration,
    /// How long what still comes of a request that is answered may pause while it is read away; six
    /// times as long it may take in all.
    pub linger: Duration,
    /// How long requests in flight have to finish when the service shuts down.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            first_byte: Duration::from_secs(10),
            header: Duration::from_secs(10),
            linger: Duration::from_secs(5),
            drain: Duration::from_secs(10),
        }
    }
}

/// Most bytes of a head.
const HEAD: usize = 32 << 10;
/// How long to wait when there is nothing to accept a connection with.
const OUT_OF_SOCKETS: Duration = Duration::from_millis(100);

/// Serves `router` on `listener` until `shutdown`, then lets requests in flight finish, for a
/// bounded time.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    state: &AppState,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let open = state.metrics().connections().clone();
    let (stop, stopped) = tokio::sync::watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut shutdown => break,
        };
        let Some((stream, place)) = accepted else {
            continue;
        };
        let connection = Connection {
            router: router.clone(),
            limits,
            stopped: stopped.clone(),
            _open: Open::new(&open, place),
        };
        tokio::spawn(connection.serve(stream));
    }
    drop((listener, stop));
    state.leave();
    // A connection has a place until its end.
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    let ended = tokio::time::timeout(limits.drain, places.acquire_many(all)).await;
    if ended.is_err() {
        tracing::warn!("some requests did not finish in time and are cut off");
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    // The semaphore is never closed.
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection was not accepted");
            tokio::time::sleep(OUT_OF_SOCKETS).await;
            None
        }
    }
}

/// The place of a connection, given back when it ends.
struct Open {
    open: IntGauge,
    _place: OwnedSemaphorePermit,
}

impl Open {
    fn new(open: &IntGauge, place: OwnedSemaphorePermit) -> Self {
        open.inc();
        Self {
            open: open.clone(),
            _place: place,
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.open.dec();
    }
}

struct Connection {
    router: Router,
    limits: Limits,
    stopped: tokio::sync::watch::Receiver<()>,
    _open: Open,
}

impl Connection {
    async fn serve(mut self, mut stream: TcpStream) {
        let first_byte = tokio::time::timeout(self.limits.first_byte, stream.readable());
        let came = tokio::select! {
            came = first_byte => matches!(came, Ok(Ok(()))),
            // A connection that asked nothing yet has nothing to finish.
            _ = self.stopped.changed() => false,
        };
        if !came {
            return;
        }
        let _ = stream.set_nodelay(true);
        let heard = Heard::new();
        let answer = service_fn(|request| {
            let answered = heard.clone().answer(self.router.clone(), request);
            async { answered.await.map(without_false_length) }
        });
        let mut connection = pin!(
            hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(self.limits.header)
                .max_buf_size(HEAD)
                .serve_connection(TokioIo::new(&mut stream), answer)
        );
        let ended = tokio::select! {
            ended = &mut connection => ended,
            _ = self.stopped.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = &ended {
            tracing::debug!(%error, "a connection ended early");
        }
        let is_malformed = ended.is_err_and(|error| error.is_parse());
        if is_malformed || !heard.is_all() {
            read_away(stream, self.limits.linger).await;
        }
    }
}

/// The answer; where it only says that the caller has it, without the length of its empty body, which
/// would be taken for that of what the caller has.
fn without_false_length(mut response: Response<Body>) -> Response<Body> {
    if response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
}
