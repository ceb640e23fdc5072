//! A server that a command asks: how it is reached, and whether it is outlay that answers.
//!
//! No redirect is followed, and no proxy used that nobody asked for: payments and the token go
//! along in clear.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, Method, Request, Response};

use crate::address::ServerAddress;
use crate::failure::{Failure, OrFail as _};
use crate::flags::ServiceFlags;

/// How long a server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// The media type of what outlay refuses.
const PROBLEM: &str = "application/problem+json";

/// A server and who asks it.
pub(crate) struct Server {
    agent: ureq::Agent,
    address: ServerAddress,
    token: Option<String>,
    is_proxied: bool,
}

impl Server {
    /// The server that `flags` name; none where they name none.
    ///
    /// # Errors
    /// A [`Failure`] where the address is not one, or there is no proxy to be used.
    pub(crate) fn find(flags: &ServiceFlags) -> Result<Option<Self>, Failure> {
        let Some(typed) = &flags.server else {
            return Ok(None);
        };
        let address = ServerAddress::parse(typed).or_usage()?;
        // What is sent to this machine stays on it.
        let proxy = if flags.use_proxy && !address.is_loopback() {
            Some(proxy()?)
        } else {
            None
        };
        let is_proxied = proxy.is_some();
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(PATIENCE))
            .proxy(proxy);
        let token = std::env::var("OUTLAY_TOKEN").ok();
        let token = token.filter(|it| !it.is_empty());
        if token.is_some() && address.has_user_info() {
            return Err(Failure::usage(anyhow!(
                "a password in the address of --server and OUTLAY_TOKEN cannot both go along; \
                 leave one out"
            )));
        }
        Ok(Some(Self {
            agent: config.build().into(),
            address,
            token,
            is_proxied,
        }))
    }

    /// Where it is.
    pub(crate) fn address(&self) -> &ServerAddress {
        &self.address
    }

    /// What it answers: in the form that `expected` names, or as a problem.
    ///
    /// # Errors
    /// A [`Failure`] where nothing answers, or something else than outlay does.
    pub(crate) fn send(
        &self,
        mut request: Request<Vec<u8>>,
        expected: &str,
    ) -> Result<Response<ureq::Body>, Failure> {
        *request.uri_mut() = self.address.at(request.uri()).parse().or_usage()?;
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
        let silent = || {
            let address = &self.address;
            if self.is_proxied {
                format!("no server answers at {address} through the proxy of the environment")
            } else {
                format!("no server answers at {address}; is 'outlay serve' running?")
            }
        };
        if let Err(ureq::Error::Protocol(error)) = &sent {
            return Err(foreign(&self.address, &format!("no HTTP ({error})")));
        }
        let response = sent.with_context(silent).or_unreachable()?;
        let (status, headers) = (response.status(), response.headers());
        let is_ours = if status.is_success() {
            media_type(headers) == expected && headers.contains_key("outlay-position")
        } else {
            media_type(headers) == PROBLEM
        };
        if is_ours {
            return Ok(response);
        }
        Err(foreign(&self.address, &answered(status.as_u16(), headers)))
    }
}

/// What is said where at `address` something else than outlay answers.
pub(crate) fn foreign(address: &ServerAddress, answered: &str) -> Failure {
    Failure::unreachable(anyhow!(
        "at {address} something else than outlay answers: {answered}; is --server the address of \
         'outlay serve', with no login page or proxy before it?"
    ))
}

/// An answer in short: its status and form, and where it sends to.
fn answered(status: u16, headers: &HeaderMap) -> String {
    let form = match media_type(headers) {
        "" => "of no media type",
        form => form,
    };
    let location = headers.get(LOCATION).and_then(|it| it.to_str().ok());
    match location.filter(|_| (300..400).contains(&status)) {
        Some(location) => format!("{status} {form}, which sends to '{location}'"),
        None => format!("{status} {form}"),
    }
}

/// The media type of an answer, without its parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> &str {
    let given = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let given = given.unwrap_or_default().split(';').next();
    given.unwrap_or_default().trim()
}

/// The proxy that the environment names.
fn proxy() -> Result<ureq::Proxy, Failure> {
    ureq::Proxy::try_from_env().ok_or_else(|| {
        Failure::usage(anyhow!(
            "--use-proxy is given, and the environment names no proxy that can be used; set \
             http_proxy or ALL_PROXY"
        ))
    })
}
