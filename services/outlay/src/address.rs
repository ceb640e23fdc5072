//! Addresses as people type them: which one a server may have, and that no password in one is ever
//! shown.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use anyhow::{Result, bail};
use axum::http::Uri;

/// An address as somebody typed it; it may hold a password, and is not shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TypedAddress(String);

impl FromStr for TypedAddress {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for TypedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedAddress(not shown)")
    }
}

/// The address of a server, shown without the name and password that may be in it: those go along
/// as Basic authentication, to a proxy that asks who comes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ServerAddress(String); // Invariant: http, a host, nothing after a path, no slash at its end, no `@` but one before the host.

impl ServerAddress {
    /// The address that somebody typed.
    ///
    /// # Errors
    /// What no server of ours can have.
    pub(crate) fn parse(TypedAddress(text): &TypedAddress) -> Result<Self> {
        let shown = without_user_info(text);
        // `%40` is an `@`: who knows what is a password there.
        if shown.contains('@') || shown.contains("%40") {
            bail!("the address of --server is not one, such as http://127.0.0.1:8080");
        }
        if text.starts_with("https://") {
            bail!(
                "'{shown}' wants TLS, which this outlay does not speak yet; use http:// on this \
                 machine or through a tunnel"
            );
        }
        let uri = text.parse::<Uri>().ok().filter(|uri| {
            let has_host = uri.host().is_some_and(|host| !host.is_empty());
            let has_port = shown.parse().is_ok_and(|shown: Uri| {
                let authority = shown.authority().map_or("", |it| it.as_str());
                shown.port_u16().is_some() || Some(authority) == shown.host()
            });
            text.starts_with("http://") && has_host && has_port && !text.contains(['?', '#'])
        });
        if uri.is_none() {
            bail!("'{shown}' is not the address of a server, such as http://127.0.0.1:8080");
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// Whether a name and a password are in it.
    pub(crate) fn has_user_info(&self) -> bool {
        self.0.contains('@')
    }

    /// Where `path` is on it.
    pub(crate) fn at(&self, path: &Uri) -> String {
        format!("{}{path}", self.0)
    }

    /// Whether it is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let uri = self.0.parse::<Uri>().unwrap_or_default();
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = literal.parse::<IpAddr>() {
            let address = address.to_canonical();
            return address.is_loopback() || address.is_unspecified();
        }
        // The system reads 127.1 as 127.0.0.1.
        let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        let is_short = host.starts_with("127.") && host.bytes().all(is_number);
        is_short || host == "localhost" || host.ends_with(".localhost")
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_user_info(&self.0))
    }
}

impl fmt::Debug for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `text` without what stands between the scheme and the host of the addresses in it: a name, and
/// often a password.
pub(crate) fn without_user_info(text: &str) -> Cow<'_, str> {
    const SCHEME: &str = "://";
    let mut shown = Cow::Borrowed("");
    let mut rest = text;
    while let Some(at) = rest.find(SCHEME) {
        let (before, after) = rest.split_at(at + SCHEME.len());
        let ends = |letter: char| letter.is_whitespace() || "/?#'\"<>".contains(letter);
        let authority = after.split(ends).next().unwrap_or_default();
        shown += before;
        // A password may hold an `@` that nobody encoded.
        rest = match authority.rfind('@') {
            Some(at) => after.get(at + 1..).unwrap_or_default(),
            None => after,
        };
    }
    if shown.is_empty() {
        return Cow::Borrowed(text);
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ServerAddress, String> {
        let typed: TypedAddress = text.parse().unwrap();
        assert!(!format!("{typed:?}").contains(text));
        ServerAddress::parse(&typed).map_err(|error| error.to_string())
    }

    #[test]
    fn a_server_has_a_host_and_may_have_a_path() {
        for (text, shown) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://outlay.example/", "http://outlay.example"),
            ("http://[::1]:9/outlay/", "http://[::1]:9/outlay"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), shown);
        }
        for (text, told) in [
            ("localhost:8080", "'localhost:8080' is not the address"),
            ("http://", "not the address"),
            ("http://a b", "not the address"),
            ("ftp://a", "not the address"),
            ("http://a:b", "not the address"),
            ("http://a:99999", "not the address"),
            ("http://a/?b", "not the address"),
            ("http://a/#b", "not the address"),
            ("https://a", "TLS"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn a_password_in_the_address_of_a_server_is_not_shown() {
        let address = parse("http://me:geheim@outlay.example:8080/a").unwrap();
        assert!(address.has_user_info());
        assert_eq!(
            address.at(&Uri::from_static("/b")),
            "http://me:geheim@outlay.example:8080/a/b"
        );
        assert_eq!(
            format!("{address} {address:?}").matches("geheim").count(),
            0
        );
        for text in [
            "https://me:geheim@a",
            "me:geheim@a",
            "http://me:geheim%40a",
            "http://me:ge/geheim@a",
            "http://me:1/geheim@a",
            "http://me:geheim@a:b",
            "ftp://me:geheim@a",
        ] {
            let error = parse(text).unwrap_err();
            assert!(
                error.contains("address") || error.contains("TLS"),
                "{error}"
            );
            assert!(!error.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn this_machine_is_known_by_any_of_its_names() {
        let is_loopback = |text: &str| parse(text).unwrap().is_loopback();
        for text in [
            "http://localhost",
            "http://LOCALHOST:8080",
            "http://a.localhost",
            "http://127.9.9.9:1/",
            "http://[::1]:8080",
            "http://[::ffff:127.0.0.1]",
            "http://localhost.:8080",
            "http://0.0.0.0:8080",
            "http://127.1",
        ] {
            assert!(is_loopback(text), "{text}");
        }
        for text in [
            "http://localhost.example",
            "http://10.0.0.1",
            "http://10.1",
            "http://[2001:db8::1]",
        ] {
            assert!(!is_loopback(text), "{text}");
        }
    }

    #[test]
    fn no_name_and_password_of_an_address_is_shown() {
        for (text, shown) in [
            ("at http://me:geheim@a:1/b it", "at http://a:1/b it"),
            ("esdb://me:ge@heim@a,b?tls=false", "esdb://a,b?tls=false"),
            (
                "'http://me%3Ageheim@a' and 'socks5://me@b'",
                "'http://a' and 'socks5://b'",
            ),
            ("http://a/@b, see c@d", "http://a/@b, see c@d"),
            ("nothing: here", "nothing: here"),
        ] {
            assert_eq!(without_user_info(text), shown);
        }
    }
}
