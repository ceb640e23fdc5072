//! The address to listen on. Until there is access control, only this machine may knock.

use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use anyhow::{Result, bail};
use serde::{Deserialize, Deserializer, de};

/// An address of this machine alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListenAddress(SocketAddr); // Invariant: loopback.

impl ListenAddress {
    /// Where `serve` and `demo` listen when nobody says otherwise.
    pub(crate) const DEFAULT: Self = Self(SocketAddr::new(
        std::net::IpAddr::V4(Ipv4Addr::LOCALHOST),
        8080,
    ));

    /// The address.
    pub(crate) fn socket(self) -> SocketAddr {
        self.0
    }
}

impl FromStr for ListenAddress {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let numeric = match text.strip_prefix("localhost:") {
            Some(port) => format!("{}:{port}", Ipv4Addr::LOCALHOST),
            None => text.to_owned(),
        };
        let Ok(address) = numeric.parse::<SocketAddr>() else {
            bail!("'{text}' is not an address with a port, such as 127.0.0.1:8080");
        };
        if !address.ip().is_loopback() {
            bail!(
                "'{text}' can be reached from other machines, and outlay has no access control \
                 yet: whoever reaches it may write. Listen on 127.0.0.1 or [::1]; for others, put \
                 a proxy that checks who they are in front of it"
            );
        }
        Ok(Self(address))
    }
}

impl<'de> Deserialize<'de> for ListenAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn listens(text: &str, on: &str) {
        assert_eq!(text.parse::<ListenAddress>().unwrap().0.to_string(), on);
    }

    #[track_caller]
    fn refuses(text: &str, because: &str) {
        let error = text.parse::<ListenAddress>().unwrap_err().to_string();
        assert!(error.contains(because), "{error}");
    }

    #[test]
    fn listens_on_this_machine() {
        listens("127.0.0.1:8080", "127.0.0.1:8080");
        listens("localhost:0", "127.0.0.1:0");
        listens("[::1]:9", "[::1]:9");
        listens("127.9.9.9:1", "127.9.9.9:1");
    }

    #[test]
    fn refuses_to_be_reached_by_others() {
        refuses("0.0.0.0:8080", "no access control");
        refuses("[::]:8080", "no access control");
        refuses("192.168.1.4:8080", "no access control");
    }

    #[test]
    fn refuses_what_is_no_address() {
        refuses("8080", "not an address");
        refuses("127.0.0.1", "not an address");
        refuses("example.org:80", "not an address");
    }
}
