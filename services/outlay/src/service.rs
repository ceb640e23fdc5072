//! The service that a command asks: over a data folder in this process, or a server.
//!
//! Both go through the same routes, so that both answer the same bytes.

use std::future::poll_fn;
use std::io::Read as _;
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, Request, Response};
use tower::ServiceExt as _;

use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::flags::ServiceFlags;
use crate::problem::Problem;
use crate::{folder, wiring};

/// How long a server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much of an answer is passed on at once.
const CHUNK: usize = 64 * 1024;

/// Where questions and records go.
pub(crate) enum Service {
    /// The routes over a data folder, in this process.
    Folder(Router),
    /// A server.
    Server(Server),
}

/// A server and who asks it.
pub(crate) struct Server {
    agent: ureq::Agent,
    address: String,
    token: Option<String>,
}

/// An answer whose status says that it is one.
pub(crate) struct Reply {
    position: Option<u64>,
    body: ReplyBody,
}

enum ReplyBody {
    Folder(Body),
    Server(Box<ureq::BodyReader<'static>>),
}

impl Service {
    /// The service that `flags` name, to ask questions.
    ///
    /// # Errors
    /// A [`Failure`] where there is none.
    pub(crate) async fn to_ask(flags: &ServiceFlags, config: &Config) -> Result<Self, Failure> {
        if let Some(address) = &flags.server {
            Server::new(address).map(Self::Server)
        } else {
            let data = config.folder().or_usage()?;
            let store = folder::open_read_only(data).await?;
            let answering = wiring::answering(store, data).await;
            answering.map(Self::Folder)
        }
    }

    /// The service that `flags` name, to record.
    ///
    /// # Errors
    /// As [`to_ask`](Self::to_ask); where another process writes to the folder.
    pub(crate) async fn to_record(flags: &ServiceFlags, config: &Config) -> Result<Self, Failure> {
        if let Some(address) = &flags.server {
            Server::new(address).map(Self::Server)
        } else {
            let data = config.folder().or_usage()?;
            let store = folder::open(data).await?;
            folder::takes_events(&*store)?;
            let recording = wiring::recording(store, data).await;
            recording.map(Self::Folder)
        }
    }

    /// What `path` answers, in the form that `accept` names.
    ///
    /// # Errors
    /// A [`Failure`] with the problem, where that is the answer.
    pub(crate) async fn get(&self, path: &str, accept: &str) -> Result<Reply, Failure> {
        let request = Request::builder()
            .method(Method::GET)
            .uri(path)
            .header(ACCEPT, accept);
        self.send(request.body(Vec::new()).or_usage()?).await
    }

    /// What `path` answers to `body`.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) async fn post(
        &self,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<Reply, Failure> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(CONTENT_TYPE, content_type);
        self.send(request.body(body).or_usage()?).await
    }

    async fn send(&self, request: Request<Vec<u8>>) -> Result<Reply, Failure> {
        let (status, reply) = match self {
            Self::Folder(router) => {
                let Ok(response) = router.clone().oneshot(request.map(Body::from)).await;
                let status = response.status().as_u16();
                let position = position(response.headers());
                let body = ReplyBody::Folder(response.into_body());
                (status, Reply { position, body })
            }
            Self::Server(server) => {
                let response = tokio::task::block_in_place(|| server.send(request))?;
                let status = response.status().as_u16();
                let position = position(response.headers());
                let reader = Box::new(response.into_body().into_reader());
                let body = ReplyBody::Server(reader);
                (status, Reply { position, body })
            }
        };
        if (200..300).contains(&status) {
            return Ok(reply);
        }
        let body = reply.bytes().await?;
        Err(Problem::parse(status, &body).failure(status))
    }
}

impl Server {
    fn new(address: &str) -> Result<Self, Failure> {
        if address.starts_with("https://") {
            return Err(Failure::usage(anyhow!(
                "'{address}' wants TLS, which this outlay does not speak yet; use http:// on this \
                 machine or through a tunnel"
            )));
        }
        if !address.starts_with("http://") {
            return Err(Failure::usage(anyhow!(
                "'{address}' is not the address of a server, such as http://127.0.0.1:8080"
            )));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(PATIENCE))
            .build();
        Ok(Self {
            agent: config.into(),
            address: address.trim_end_matches('/').to_owned(),
            token: std::env::var("OUTLAY_TOKEN")
                .ok()
                .filter(|it| !it.is_empty()),
        })
    }

    fn send(&self, mut request: Request<Vec<u8>>) -> Result<Response<ureq::Body>, Failure> {
        let uri = format!("{}{}", self.address, request.uri());
        *request.uri_mut() = uri.parse().or_usage()?;
        if let Some(token) = &self.token {
            let value = format!("Bearer {token}").parse();
            let value = value.context("OUTLAY_TOKEN is not a token").or_usage()?;
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let sent = if request.method() == Method::GET {
            self.agent.run(request.map(|_| ()))
        } else {
            self.agent.run(request)
        };
        let address = &self.address;
        sent.with_context(|| format!("no server answers at {address}; is 'outlay serve' running?"))
            .or_unreachable()
    }
}

/// Up to which position an answer knows.
fn position(headers: &HeaderMap) -> Option<u64> {
    headers.get("outlay-position")?.to_str().ok()?.parse().ok()
}

impl Reply {
    /// Up to which position it knows, where it says so.
    pub(crate) fn position(&self) -> Option<u64> {
        self.position
    }

    /// All of the answer.
    ///
    /// # Errors
    /// A [`Failure`] where it breaks off.
    pub(crate) async fn bytes(mut self) -> Result<Vec<u8>, Failure> {
        let mut all = Vec::new();
        while let Some(chunk) = self.next_chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    /// The next part of the answer; none at its end.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub(crate) async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let broke_off = || "the answer broke off";
        match &mut self.body {
            ReplyBody::Folder(body) => loop {
                let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await;
                let Some(frame) = frame.transpose().with_context(broke_off).or_unreachable()?
                else {
                    return Ok(None);
                };
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data.to_vec()));
                }
            },
            ReplyBody::Server(reader) => {
                let mut chunk = vec![0; CHUNK];
                let read = tokio::task::block_in_place(|| reader.read(&mut chunk));
                chunk.truncate(read.with_context(broke_off).or_unreachable()?);
                Ok(Some(chunk).filter(|chunk| !chunk.is_empty()))
            }
        }
    }
}
