//! How a cluster is reached, and what may be asked of it.
//!
//! The connection string is the cluster's own. What the client would pass over with a warning, or
//! what would let a read miss an acknowledged event, is refused here.

use std::fmt;
use std::str::FromStr;

use eventstore::{
    BatchAppendOptions, ClientSettings, Credentials, ReadAllOptions, ReadStreamOptions,
    SubscribeToAllOptions,
};
use percent_encoding::percent_decode_str;

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
    scheme: String,
    client: ClientSettings,
    user: Option<Credentials>,
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
    /// Name and password cannot be told from what follows.
    #[error(
        "in a connection string, @ within a name, a password or a parameter is written as %40, and \
         so is, in a name or password, whatever is no letter, no digit and none of -._~"
    )]
    Credentials,
    /// It leaves no room for a record.
    #[error("max_append_bytes is {given}, and has to be {least} at least")]
    AppendBytes {
        /// What was given.
        given: usize,
        /// The least that is taken.
        least: usize,
    },
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

    /// The least that may be set: room for the built-in register, and for a record that is no list of
    /// hundreds of figures.
    pub const LEAST_APPEND_BYTES: usize = 128 * 1024;

    /// The cluster at `address`, with defaults for everything else.
    pub fn new(address: Address) -> Self {
        Self {
            address,
            max_append_bytes: Self::MAX_APPEND_BYTES,
            stream_prefix: StreamPrefix::default(),
        }
    }

    /// The same with appends of up to `bytes`.
    ///
    /// # Errors
    /// [`SettingsError::AppendBytes`] where that is less than [`Self::LEAST_APPEND_BYTES`].
    pub fn with_appends_of(self, bytes: usize) -> Result<Self, SettingsError> {
        let least = Self::LEAST_APPEND_BYTES;
        if bytes < least {
            return Err(SettingsError::AppendBytes {
                given: bytes,
                least,
            });
        }
        Ok(Self {
            max_append_bytes: bytes,
            ..self
        })
    }
}

impl Address {
    /// What the client is made of; who calls is told with each call.
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
        // What the client says may hold the password.
        let wrong = || SettingsError::Address("the connection string cannot be read".to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        if user.contains('@') || tail.contains('@') {
            return Err(SettingsError::Credentials);
        }
        let (_, query) = tail.split_once('?').unwrap_or((tail, ""));
        let names: Vec<&str> = query
            .split('&')
            .filter_map(|pair| pair.split('=').next().filter(|name| !name.is_empty()))
            .collect();
        let is_known = |name: &&str| KNOWN.contains(&name.to_lowercase().as_str());
        if let Some(name) = names.iter().find(|name| !is_known(name)) {
            return Err(SettingsError::Parameter((*name).to_owned()));
        }
        // The client asks by itself who leads, as whom its text says; it would take `%40` as it is.
        let is_plain = user.bytes().all(is_unreserved) && user.matches(':').count() <= 1;
        let mut text = if !user.is_empty() && is_plain {
            format!("{scheme}://{user}@{hosts}{tail}")
        } else {
            format!("{scheme}://{hosts}{tail}")
        };
        let asks = |name: &&str| name.eq_ignore_ascii_case("discoveryInterval");
        if !names.iter().any(asks) {
            let sign = if query.is_empty() { '?' } else { '&' };
            let bare = text.trim_end_matches(['?', '&']).to_owned();
            text = format!("{bare}{sign}discoveryInterval={DISCOVERY_INTERVAL_MS}");
        }
        let client: ClientSettings = text.parse().map_err(|_| wrong())?;
        if client.node_preference() != eventstore::NodePreference::Leader {
            return Err(SettingsError::NotLeader);
        }
        let user = Some(user).filter(|user| !user.is_empty());
        let user = user.map(|user| credentials(user).ok_or(SettingsError::Credentials));
        Ok(Self {
            scheme: scheme.to_owned(),
            client,
            user: user.transpose()?,
        })
    }
}

/// Whether a name and its password, with the colon between, may have this byte as it is.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte)
}

/// The name and password of `user`. The client itself would take them as they are written, `%40`
/// and all, so that it is given them with each call.
fn credentials(user: &str) -> Option<Credentials> {
    let is_written = |byte: u8| is_unreserved(byte) || b"!$&'()*+,;=%".contains(&byte);
    let user = Some(user).filter(|user| user.bytes().all(is_written))?;
    let (login, password) = user.split_once(':').unwrap_or((user, ""));
    let decoded = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8().ok()?;
        Some(decoded.into_owned())
    };
    Some(Credentials::new(decoded(login)?, decoded(password)?))
}

/// Options of a call, which bear who makes it.
pub(crate) trait Call {
    /// As the user that `address` names.
    fn by(self, address: &Address) -> Self;
}

macro_rules! calls {
    ($($options:ty),+) => {$(
        impl Call for $options {
            fn by(self, address: &Address) -> Self {
                match &address.user {
                    Some(user) => self.authenticated(user.clone()),
                    None => self,
                }
            }
        }
    )+};
}

calls!(
    BatchAppendOptions,
    ReadAllOptions,
    ReadStreamOptions,
    SubscribeToAllOptions
);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.hosts())
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
    fn name_and_password_are_decoded() {
        for (written, password) in [
            ("p%40s%3As%2F%3F%25", "p@s:s/?%"),
            ("m%E1%BA%ADt-kh%E1%BA%A9u", "mật-khẩu"),
            ("a$b:c", "a$b:c"),
            ("", ""),
        ] {
            let address: Address = format!("esdb://%C3%B4ng:{written}@a").parse().unwrap();
            let expected = Credentials::new("ông".to_owned(), password.to_owned());
            assert_eq!(address.user, Some(expected));
        }
        let asks_as = |text: &str| {
            let client = text.parse::<Address>().unwrap().client();
            client.default_authenticated_user().is_some()
        };
        assert!(asks_as("esdb://ops:geheim@a:2111,b:2112"));
        assert!(!asks_as("esdb://ops:ge%40heim@a:2111,b:2112"));
        assert!(!asks_as("esdb://ops:ge:heim@a:2111,b:2112"));
        let nobody: Address = "esdb://a".parse().unwrap();
        assert_eq!(nobody.user, None);
    }

    #[test]
    fn a_password_that_is_not_encoded_is_told_and_not_shown() {
        for wrong in [
            "esdb://ops:ge@he?im@a:2113",
            "esdb://ops:ge?geheim@a:2113",
            "esdb://ops:ge/geheim@a",
            "esdb://ops:mật@a",
            "esdb://ops:%ff@a",
        ] {
            refuses(wrong, "is written as %40");
        }
    }

    #[test]
    fn appends_have_room_for_a_record() {
        let settings = || Settings::new("esdb://a".parse().unwrap());
        let told = settings().with_appends_of(700).unwrap_err().to_string();
        assert!(told.contains("max_append_bytes is 700"), "{told}");
        let least = settings().with_appends_of(Settings::LEAST_APPEND_BYTES);
        assert_eq!(least.unwrap().max_append_bytes, 128 * 1024);
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
