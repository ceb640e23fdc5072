//! An endpoint that deliveries go to: its name, where it is and what it may be.
//!
//! A url may itself be a secret, as those of chat services are, so it is not shown beyond its host.

use std::fmt;
use std::str::FromStr;

use events::alert::EndpointName;
use serde::Deserialize;
use ureq::http::Uri;
use ureq::http::uri::Scheme;

use super::secret::Secret;

/// Where deliveries go, and the secret they are signed with.
#[derive(Clone, Debug)]
pub struct Endpoint {
    name: EndpointName,
    url: EndpointUrl, // Invariant: https, unless `allow_private`.
    secret: Secret,
    allow_private: bool,
}

/// The address of an endpoint: `http` or `https`, a host, no user info and no fragment.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct EndpointUrl {
    uri: Uri,
    host: String,
}

/// An endpoint that is not of its form. What a url holds is not told, since it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not an address that a webhook can have.
    #[error("the url of a webhook is not of the form https://host/path, in ASCII and with a host")]
    Url,
    /// An address with a name or a password before the host.
    #[error("the url of a webhook has user info before its host; leave it out")]
    UserInfo,
    /// An address with a part that no server ever sees.
    #[error("the url of a webhook has a fragment, which is never sent; leave out '#' and the rest")]
    Fragment,
    /// An address whose calls others can read on the way.
    #[error(
        "webhook '{0}' has an http url, so others can read on the way what it is sent; take https, \
         or set allow_private = true where it is in your own network"
    )]
    Plain(EndpointName),
}

impl Endpoint {
    /// The endpoint `name` at `url`. With `allow_private` it may be in a network of one's own and
    /// be called without TLS.
    ///
    /// # Errors
    /// [`EndpointError::Plain`] for an `http` url without `allow_private`.
    pub fn try_new(
        name: EndpointName,
        url: EndpointUrl,
        secret: Secret,
        allow_private: bool,
    ) -> Result<Self, EndpointError> {
        if url.uri.scheme() == Some(&Scheme::HTTP) && !allow_private {
            return Err(EndpointError::Plain(name));
        }
        Ok(Self {
            name,
            url,
            secret,
            allow_private,
        })
    }

    /// What people call it.
    pub fn name(&self) -> &EndpointName {
        &self.name
    }

    /// Where it is.
    pub fn url(&self) -> &EndpointUrl {
        &self.url
    }

    /// Whether it may be in a network of one's own.
    pub fn allow_private(&self) -> bool {
        self.allow_private
    }

    /// What its deliveries are signed with.
    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl EndpointUrl {
    /// The name or address of the machine.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What is called.
    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }
}

impl FromStr for EndpointUrl {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let uri: Uri = text.parse().map_err(|_| EndpointError::Url)?;
        let is_web = uri.scheme() == Some(&Scheme::HTTP) || uri.scheme() == Some(&Scheme::HTTPS);
        let (true, Some(authority)) = (is_web, uri.authority()) else {
            return Err(EndpointError::Url);
        };
        if authority.as_str().contains('@') {
            return Err(EndpointError::UserInfo);
        }
        if text.contains('#') {
            return Err(EndpointError::Fragment);
        }
        let host = authority.host().to_owned();
        // A port that is not one would silently be the usual one.
        let is_whole = match authority.as_str().strip_prefix(&host) {
            Some("") => true,
            Some(port) => authority
                .port_u16()
                .is_some_and(|it| port == format!(":{it}")),
            None => false,
        };
        if host.is_empty() || !is_whole {
            return Err(EndpointError::Url);
        }
        Ok(Self { uri, host })
    }
}

impl TryFrom<String> for EndpointUrl {
    type Error = EndpointError;

    fn try_from(text: String) -> Result<Self, EndpointError> {
        text.parse()
    }
}

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the url at {}", self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_host_and_nothing_that_is_lost() {
        for (url, host) in [
            ("https://chat.example/hooks/1?token=2", "chat.example"),
            ("https://chat.example", "chat.example"),
            ("http://chat.example:8080/", "chat.example"),
            ("https://192.0.2.1:65535/", "192.0.2.1"),
            ("https://[2001:db8::1]:443/", "[2001:db8::1]"),
        ] {
            assert_eq!(url.parse::<EndpointUrl>().unwrap().host(), host);
        }
        for (url, expected) in [
            ("", EndpointError::Url),
            ("chat.example/hooks", EndpointError::Url),
            ("/hooks", EndpointError::Url),
            ("https://", EndpointError::Url),
            ("https:///hooks", EndpointError::Url),
            ("https://:443/", EndpointError::Url),
            ("ftp://chat.example/", EndpointError::Url),
            ("file:///etc/passwd", EndpointError::Url),
            ("https://chat.example:/", EndpointError::Url),
            ("https://chat.example:65536/", EndpointError::Url),
            ("https://chat.example:0443/", EndpointError::Url),
            ("https://chat.example/a b", EndpointError::Url),
            ("https://chat.example/\r\nx: y", EndpointError::Url),
            ("https://tỉnh.example/", EndpointError::Url),
            ("https://me:secret@chat.example/", EndpointError::UserInfo),
            ("https://chat.example/#part", EndpointError::Fragment),
        ] {
            assert_eq!(url.parse::<EndpointUrl>(), Err(expected), "{url}");
        }
    }

    fn endpoint(url: &str, allow_private: bool) -> Result<Endpoint, EndpointError> {
        Endpoint::try_new(
            EndpointName::parse("chat").unwrap(),
            url.parse()?,
            Secret::parse(b"sixteen bytes ok").unwrap(),
            allow_private,
        )
    }

    #[test]
    fn without_tls_an_endpoint_is_in_a_network_of_ones_own() {
        let refused = endpoint("http://chat.example/", false).unwrap_err();
        assert_eq!(refused, EndpointError::Plain("chat".parse().unwrap()));
        assert!(endpoint("http://chat.example/", true).is_ok());
        assert!(endpoint("https://chat.example/", false).is_ok());
    }

    #[test]
    fn neither_the_secret_nor_the_path_is_shown() {
        let shown = format!(
            "{:?}",
            endpoint("https://chat.example/hooks/T0K3N", false).unwrap()
        );
        assert!(shown.contains("chat.example"), "{shown}");
        assert!(
            !shown.contains("T0K3N") && !shown.contains("sixteen"),
            "{shown}"
        );
    }
}
