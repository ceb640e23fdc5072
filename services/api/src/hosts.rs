//! The names that the service answers to. A web page can lead a name of its own to this machine
//! and then ask here as if it were the same site; by the name that was asked for it is told apart.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderName, Response, Version, header};
use axum::middleware::Next;
use serde::Deserialize;

use crate::error::ApiError;

/// What a port is where none is written.
const USUAL_PORTS: [u16; 2] = [80, 443];

/// A name that the service is asked by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Host {
    name: Name,
    /// The only port that is meant; none means all of them.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Address(IpAddr),
    /// In lower case, without the dot at its end.
    Domain(String),
}

/// Why a text is not the name of a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not the name of a host: write it as callers do, without http:// and path, such as \
     ledger.example.vn, ledger.example.vn:8443, 192.0.2.7 or [2001:db8::7]; letters beyond ASCII \
     as xn--…"
)]
pub struct HostError(String);

impl Host {
    /// Whether whoever asks for it asks this machine, wherever names lead.
    fn is_loopback(&self) -> bool {
        match &self.name {
            Name::Address(address) => address.is_loopback(),
            Name::Domain(domain) => domain == "localhost" || domain.ends_with(".localhost"),
        }
    }

    /// Whether who asks for `asked` asks for this.
    fn is_asked_by(&self, asked: &Self) -> bool {
        let is_port = match (self.port, asked.port) {
            (None, _) => true,
            (Some(port), Some(asked)) => port == asked,
            (Some(port), None) => USUAL_PORTS.contains(&port),
        };
        is_port && self.name == asked.name
    }
}

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let refused = || HostError(text.to_owned());
        let authority: Authority = text.parse().map_err(|_| refused())?;
        if authority.as_str().contains('@') {
            return Err(refused());
        }
        let name = Name::find(authority.host()).ok_or_else(refused)?;
        let port = match authority.as_str().strip_prefix(authority.host()) {
            None | Some("" | ":") => None,
            Some(_) => Some(
                authority
                    .port_u16()
                    .filter(|port| *port > 0)
                    .ok_or_else(refused)?,
            ),
        };
        Ok(Self { name, port })
    }
}

impl TryFrom<String> for Host {
    type Error = HostError;

    fn try_from(text: String) -> Result<Self, HostError> {
        text.parse()
    }
}

impl Name {
    fn find(text: &str) -> Option<Self> {
        let bracketed = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        if let Some(address) = bracketed {
            let address = address.parse().map(IpAddr::V6).ok()?;
            // An address of version 4 is the same in either way of writing it.
            return Some(Self::Address(address.to_canonical()));
        }
        if let Ok(address) = text.parse() {
            return Some(Self::Address(IpAddr::V4(address)));
        }
        let domain = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_letter);
        let is_digits = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
        // What ends in a number is an address, and this is not one.
        let is_domain =
            domain.split('.').all(is_label) && !domain.rsplit('.').next().is_some_and(is_digits);
        is_domain.then_some(Self::Domain(domain))
    }
}

/// The names that the service answers to: those of loopback, and those that it is given.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Arc<[Host]>);

impl Hosts {
    /// These names beside those of loopback.
    pub fn new(hosts: Vec<Host>) -> Self {
        Self(hosts.into())
    }

    fn has(&self, asked: &str) -> bool {
        asked.parse().is_ok_and(|asked: Host| {
            asked.is_loopback() || self.0.iter().any(|host| host.is_asked_by(&asked))
        })
    }

    /// Refuses what is asked of somebody else, or by a page of somebody else.
    fn check(&self, request: &Request) -> Result<(), ApiError> {
        let target = request.uri().authority().map(Authority::as_str);
        let asked = one(request, &header::HOST)?;
        // Only a caller older than the header may leave it out, and then asks for the one host.
        if asked.is_none() && request.version() >= Version::HTTP_11 {
            let why = "'Host' is missing: it says which service is asked".to_owned();
            return Err(ApiError::Header { name: "Host", why });
        }
        for given in target.map(str::to_owned).into_iter().chain(asked) {
            if !self.has(&given) {
                return Err(ApiError::Misdirected {
                    name: "Host",
                    given,
                });
            }
        }
        for given in values(request, &header::ORIGIN) {
            let from = ["http://", "https://"].map(|scheme| given.strip_prefix(scheme));
            if !from.into_iter().flatten().any(|host| self.has(host)) {
                let name = "Origin";
                return Err(ApiError::Misdirected { name, given });
            }
        }
        Ok(())
    }
}

/// The value of a header that is given once at most.
fn one(request: &Request, name: &HeaderName) -> Result<Option<String>, ApiError> {
    let mut given = values(request, name);
    let first = given.next();
    if given.next().is_some() {
        let why = "'Host' is given more than once: one service is asked".to_owned();
        return Err(ApiError::Header { name: "Host", why });
    }
    Ok(first)
}

/// The values of a header, as far as they are text.
fn values(request: &Request, name: &HeaderName) -> impl Iterator<Item = String> {
    let given = request.headers().get_all(name).iter();
    given.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Answers who asks for one of `hosts`.
pub(crate) async fn answer(
    State(hosts): State<Hosts>,
    request: Request,
    next: Next,
) -> Result<Response<Body>, ApiError> {
    hosts.check(&request)?;
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_as_callers_write_it() {
        for text in [
            "ledger.example.vn",
            "Ledger.Example.vn.",
            "node_1:8443",
            "192.0.2.7",
            "[2001:db8::7]:80",
            "xn--gii-8la.example",
        ] {
            text.parse::<Host>().unwrap();
        }
        for text in [
            "",
            ".",
            "*",
            "*.example",
            "http://ledger.example",
            "ledger.example/",
            "a@ledger.example",
            "ledger.example:port",
            "ledger.example:70000",
            "a b",
            "a,b",
            "2001:db8::7",
            "[fe80::1%25eth0]",
            "giải.example",
            "999.1.1.1",
            "10.0.0.1:0",
        ] {
            let refused = text.parse::<Host>().unwrap_err().to_string();
            assert!(
                refused.starts_with(&format!("'{text}' is not")),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_name_without_a_port_means_all_and_one_with_a_port_means_that() {
        let has = |host: &str, asked| Hosts::new(vec![host.parse().unwrap()]).has(asked);
        assert!(has("a.example", "A.example:8080") && has("a.example", "a.example"));
        assert!(has("a.example:8443", "a.example.:8443"));
        assert!(!has("a.example:8443", "a.example") && !has("a.example:8443", "a.example:80"));
        assert!(has("a.example:443", "a.example") && has("a.example:443", "a.example:"));
    }
}
