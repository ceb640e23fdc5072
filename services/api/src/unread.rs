//! Requests that are answered before all of them was read, such as a body that nobody takes. A
//! client that sends first and listens later would be told that the connection was reset, and not
//! why: the answer says that the connection ends, and what still comes is read away for a while.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Request, Response, header};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower::ServiceExt as _;

/// How many times as long as one silence all of what comes may take.
const LONGEST: u32 = 6;

/// Most bytes that are read away.
const MOST: usize = 64 << 20;
/// How many of them at once.
const BLOCK: usize = 64 << 10;

/// Whether all was read of the last request of a connection, which has one at a time.
#[derive(Clone)]
pub(crate) struct Heard(Arc<AtomicBool>);

impl Heard {
    /// Of a connection that has asked nothing yet.
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    /// Whether nothing is left of it.
    pub(crate) fn is_all(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// What `router` answers, which ends the connection where something is left of the request.
    pub(crate) async fn answer(
        self,
        router: Router,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        let request = request.map(|body| Body::new(self.follow(body)));
        let mut response = router.oneshot(request).await?;
        if !self.is_all() {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        Ok(response)
    }

    fn follow(&self, body: Incoming) -> Followed {
        self.0.store(body.is_end_stream(), Ordering::Release);
        let heard = self.clone();
        Followed { body, heard }
    }
}

/// A body that takes note of its end.
struct Followed {
    body: Incoming,
    heard: Heard,
}

impl hyper::body::Body for Followed {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.heard.0.store(true, Ordering::Release);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Reads away what still comes on a connection that is answered, until nothing has come for
/// `patience`, and for `LONGEST` times that in all.
pub(crate) async fn read_away(mut stream: TcpStream, patience: Duration) {
    // Who listens hears now that nothing else is said.
    let _ = stream.shutdown().await;
    let rest = async {
        let (mut block, mut read) = (vec![0; BLOCK], 0);
        while let Ok(Ok(count @ 1..)) = timeout(patience, stream.read(&mut block)).await {
            read += count;
            if read > MOST {
                return;
            }
        }
    };
    let _ = timeout(patience.saturating_mul(LONGEST), rest).await;
}
