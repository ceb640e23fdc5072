//! The service that a command asks: over a data folder in this process, or a server.
//!
//! Both go through the same routes, so that both answer the same bytes.

use std::future::poll_fn;
use std::io::Read as _;
use std::pin::Pin;

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, Request};
use serde::de::{DeserializeOwned, IgnoredAny};
use tower::ServiceExt as _;

use crate::address::ServerAddress;
use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::flags::ServiceFlags;
use crate::problem::Problem;
use crate::server::{Server, foreign, media_type};
use crate::text::Text;
use crate::{folder, terminal, wiring};

/// How much of an answer is passed on at once.
const CHUNK: usize = 64 * 1024;

/// Where questions and records go.
pub(crate) enum Service {
    /// The routes over a data folder, in this process.
    Folder(Router),
    /// A server.
    Server(Server),
}

/// An answer whose status says that it is one.
pub(crate) struct Reply {
    position: Option<u64>,
    /// The server that gave it, where one did, and its form.
    given: Option<(ServerAddress, String)>,
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
        if let Some(server) = Server::find(flags)? {
            return Ok(Self::Server(server));
        }
        let data = config.folder().or_usage()?;
        let store = folder::open_read_only(data).await?;
        wiring::answering(store, data).await.map(Self::Folder)
    }

    /// The service that `flags` name, to judge records of which none is kept: a folder stays as it
    /// is. Where it has no log yet, records are judged as the first of a new one.
    ///
    /// # Errors
    /// As [`to_ask`](Self::to_ask), but where there is no log.
    pub(crate) async fn to_judge(flags: &ServiceFlags, config: &Config) -> Result<Self, Failure> {
        if flags.server.is_some() || folder::has_log(config.folder().or_usage()?).await? {
            return Self::to_ask(flags, config).await;
        }
        let data = config.folder().or_usage()?.display();
        terminal::tell(&Text::of(format_args!(
            "'{data}' has no log yet: the records are judged as the first of a new one"
        )));
        wiring::fresh().await.map(Self::Folder)
    }

    /// The service that `flags` name, to record; a folder is made where it is missing.
    ///
    /// # Errors
    /// A [`Failure`] where there is none, or where another process writes to the folder.
    pub(crate) async fn to_record(flags: &ServiceFlags, config: &Config) -> Result<Self, Failure> {
        if let Some(server) = Server::find(flags)? {
            return Ok(Self::Server(server));
        }
        let data = config.folder().or_usage()?;
        let store = folder::open(data).await?;
        folder::takes_events(&*store)?;
        wiring::recording(store, data).await.map(Self::Folder)
    }

    /// As [`to_record`](Self::to_record), where there is something to record about.
    ///
    /// # Errors
    /// As [`to_record`](Self::to_record); where there is no log.
    pub(crate) async fn to_add(flags: &ServiceFlags, config: &Config) -> Result<Self, Failure> {
        if flags.server.is_none() && !folder::has_log(config.folder().or_usage()?).await? {
            // Says that there is none.
            return Self::to_ask(flags, config).await;
        }
        Self::to_record(flags, config).await
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
        self.send(request.body(Vec::new()).or_usage()?, accept)
            .await
    }

    /// What `path` answers to `body`, in the same form.
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
        self.send(request.body(body).or_usage()?, content_type)
            .await
    }

    async fn send(&self, request: Request<Vec<u8>>, form: &str) -> Result<Reply, Failure> {
        let (status, reply) = match self {
            Self::Folder(router) => {
                let Ok(response) = router.clone().oneshot(request.map(Body::from)).await;
                let (parts, body) = response.into_parts();
                let reply = Reply {
                    position: position(&parts.headers),
                    given: None,
                    body: ReplyBody::Folder(body),
                };
                (parts.status, reply)
            }
            Self::Server(server) => {
                let response = tokio::task::block_in_place(|| server.send(request, form))?;
                let (parts, body) = response.into_parts();
                let reply = Reply {
                    position: position(&parts.headers),
                    given: Some((
                        server.address().clone(),
                        media_type(&parts.headers).to_owned(),
                    )),
                    body: ReplyBody::Server(Box::new(body.into_reader())),
                };
                (parts.status, reply)
            }
        };
        if status.is_success() {
            return Ok(reply);
        }
        let problem: Problem = reply.json().await?;
        Err(problem.failure(status.as_u16()))
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
    /// A [`Failure`] where it breaks off, or is not what it says it is.
    pub(crate) async fn bytes(mut self) -> Result<Vec<u8>, Failure> {
        let mut all = Vec::new();
        while let Some(chunk) = self.next_chunk().await? {
            all.extend_from_slice(&chunk);
        }
        let Some((address, form)) = &self.given else {
            return Ok(all);
        };
        let is_json = || serde_json::from_slice::<IgnoredAny>(&all).is_ok();
        if all.is_empty() {
            return Err(foreign(address, &format!("an empty {form}")));
        }
        if form.ends_with("json") && !form.ends_with("ndjson") && !is_json() {
            return Err(foreign(address, &format!("{form} that is broken")));
        }
        Ok(all)
    }

    /// What the answer says.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    async fn json<T: DeserializeOwned>(self) -> Result<T, Failure> {
        serde_json::from_slice(&self.bytes().await?).or_unreachable()
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
