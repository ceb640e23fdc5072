//! How a cluster is reached, and what may be asked of it.
//!
//! The connection string is the cluster's own. What the client would pass over with a warning, or
//! what would let a read miss an acknowledged event, is refused here.

use std::fmt;
use std::str::FromStr;

use eventstore::ClientSettings;

/// Parameters of a connection string that are taken, in lower case.
const KNOWN: [&str; 13] = [
    "connectionname",
    "defaultdeadline",
    "discoveryinterval",
    "gossiptimeout",
    "keepaliveinterval",
    "keepalivetimeout",
    "maxdiscoverattempts",
    "nodepreference",
    "tls",
    "tlscafile",
    "tlsverifycert",
    "usercertfile",
    "userkeyfile",
];

/// How long the client waits before it asks a node whether it is there; it does so first of all.
const DISCOVERY_INTERVAL_MS: u32 = 50;

/// A connection string that can be used. It is shown without name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    text: String,
    client: ClientSettings,
}

/// A cluster, and what our streams are on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where it is.
    pub address: Address,
    /// Most bytes that one append may have, as the server is told by `MaxAppendSize`.
    pub max_append_bytes: usize,
    /// What the names of our streams begin with there; several logs may share a cluster.
    pub stream_prefix: StreamPrefix,
}

/// What stands before the names of our streams on a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamPrefix(String); // Invariant: letters, digits, `_` and `.`, up to 64.

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// It is no connection string.
    #[error(
        "{0}; a cluster is named like esdb://user:password@host:2113,host:2113?tls=true or \
         kurrentdb://…"
    )]
    Address(String),
    /// The client does not know a parameter.
    #[error("the connection string has no parameter '{0}'")]
    Parameter(String),
    /// Reads would not see what was acknowledged.
    #[error("nodePreference is 'leader': another node may lack what was acknowledged")]
    NotLeader,
    /// It is no prefix.
    #[error(
        "'{0}' is no prefix of streams: up to 64 letters, digits, '_' and '.', \
         and no '-', which ends a category"
    )]
    Prefix(String),
}

impl Settings {
    /// What EventStoreDB takes in one append unless it is told otherwise.
    pub const MAX_APPEND_BYTES: usize = 1024 * 1024;

    /// The cluster at `address`, with defaults for everything else.
    pub fn new(address: Address) -> Self {
        Self {
            address,
            max_append_bytes: Self::MAX_APPEND_BYTES,
            stream_prefix: StreamPrefix::default(),
        }
    }
}

impl Address {
    /// What the client is made of.
    pub(crate) fn client(&self) -> ClientSettings {
        self.client.clone()
    }

    fn hosts(&self) -> String {
        let hosts = self.client.hosts().iter();
        let hosts: Vec<String> = hosts.map(|it| format!("{}:{}", it.host, it.port)).collect();
        hosts.join(",")
    }
}

impl FromStr for Address {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        // After name and password, which may hold anything.
        let (_, hosts) = text.rsplit_once('@').unwrap_or(("", text));
        let (_, query) = hosts.split_once('?').unwrap_or((hosts, ""));
        let mut text = text.to_owned();
        let names: Vec<String> = query
            .split('&')
            .filter_map(|pair| pair.split('=').next().filter(|name| !name.is_empty()))
            .map(str::to_owned)
            .collect();
        let is_known = |name: &String| KNOWN.contains(&name.to_lowercase().as_str());
        if let Some(name) = names.iter().find(|name| !is_known(name)) {
            return Err(SettingsError::Parameter(name.clone()));
        }
        if !names
            .iter()
            .any(|name| name.eq_ignore_ascii_case("discoveryInterval"))
        {
            let sign = if query.is_empty() { '?' } else { '&' };
            let bare = text.trim_end_matches(['?', '&']).to_owned();
            text = format!("{bare}{sign}discoveryInterval={DISCOVERY_INTERVAL_MS}");
        }
        // What the client says may hold the password.
        let wrong = |_| SettingsError::Address("the connection string cannot be read".to_owned());
        let client: ClientSettings = text.parse().map_err(wrong)?;
        if client.node_preference() != eventstore::NodePreference::Leader {
            return Err(SettingsError::NotLeader);
        }
        Ok(Self { text, client })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.text.split("://").next().unwrap_or_default();
        write!(f, "{scheme}://{}", self.hosts())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StreamPrefix {
    /// The prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StreamPrefix {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
        if text.len() > 64 || !text.bytes().all(is_plain) {
            return Err(SettingsError::Prefix(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(text: &str, because: &str) {
        let error = text.parse::<Address>().unwrap_err().to_string();
        assert!(error.contains(because), "{error}");
        assert!(!error.contains("geheim"), "{error}");
    }

    #[test]
    fn takes_what_the_client_takes() {
        for text in [
            "esdb://localhost:2113?tls=false",
            "kurrentdb://admin:geheim@a:2111,b:2112,c:2113?tls=true&tlsCaFile=/ca.crt",
            "esdb+discover://cluster.example",
            "esdb://localhost?discoveryInterval=7",
        ] {
            text.parse::<Address>().unwrap();
        }
    }

    #[test]
    fn shows_no_password() {
        let text = "kurrentdb://admin:geheim@a:2111,b:2112?tls=false";
        let address: Address = text.parse().unwrap();
        assert_eq!(address.to_string(), "kurrentdb://a:2111,b:2112");
        assert_eq!(format!("{address:?}"), "kurrentdb://a:2111,b:2112");
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        refuses("http://localhost:2113", "esdb://");
        refuses("esdb://admin:geheim@:x:", "esdb://");
        refuses("esdb://localhost?tsl=false", "'tsl'");
        refuses("esdb://localhost?nodePreference=follower", "leader");
        refuses(
            "esdb://admin:geheim@localhost?tls=perhaps",
            "cannot be read",
        );
    }

    #[test]
    fn a_prefix_ends_no_category() {
        assert_eq!(
            "test.7_".parse::<StreamPrefix>().unwrap().as_str(),
            "test.7_"
        );
        for wrong in ["a-b", "$a", "đ", &"a".repeat(65)] {
            assert!(wrong.parse::<StreamPrefix>().is_err(), "{wrong}");
        }
    }
}
