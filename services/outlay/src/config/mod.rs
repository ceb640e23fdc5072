//! The configuration: one struct, read once. A flag goes before the environment, the environment
//! before the file, the file before the default; names of hosts add up. A key that is not known is
//! refused.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use api::Host;
use clap::ValueEnum as _;
use serde::Deserialize;
use watch::webhook::EndpointSettings;

use crate::cluster::{Cluster, Table};
use crate::encoding::decoded;
use crate::listen::ListenAddress;
use crate::log::{LogFormat, LogLevel};

/// The data folder where nobody names one.
const DATA: &str = "./data";

/// Everything that can be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// Where to listen.
    pub(crate) listen: ListenAddress,
    /// What it is asked by, beside the names of loopback.
    pub(crate) hosts: Vec<Host>,
    /// Where the log is.
    pub(crate) log: Log,
    /// What is said of a cluster beside its address.
    pub(crate) cluster: Table,
    /// What is logged, where somebody said so.
    pub(crate) log_level: Option<LogLevel>,
    /// How it is written.
    pub(crate) log_format: LogFormat,
    /// Who hears of alerts; their secrets are read by who sends.
    pub(crate) webhooks: Vec<EndpointSettings>,
}

/// Where the log is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Log {
    /// In the data folder of the embedded store.
    Folder(PathBuf),
    /// On a cluster.
    Cluster(Box<Cluster>),
}

/// The address of a cluster as somebody wrote it; it may hold a password, and is not shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct StoreUrl(pub(crate) String);

impl std::fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreUrl")
    }
}

impl std::str::FromStr for StoreUrl {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl Config {
    /// The data folder.
    ///
    /// # Errors
    /// Where the log is on a cluster, which a node of it is asked for.
    pub(crate) fn folder(&self) -> Result<&Path> {
        match &self.log {
            Log::Folder(folder) => Ok(folder),
            Log::Cluster(cluster) => Err(anyhow!(
                "the log is on {}: ask a node of outlay that serves it, with --server \
                 http://127.0.0.1:8080",
                cluster.name()
            )),
        }
    }
}

/// What one place says: the flags, the environment, or the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layer {
    pub(crate) listen: Option<ListenAddress>,
    #[serde(default)]
    pub(crate) hosts: Vec<Host>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) store: Option<StoreUrl>,
    pub(crate) cache: Option<PathBuf>,
    pub(crate) log_level: Option<LogLevel>,
    pub(crate) log_format: Option<LogFormat>,
    /// Only a file tells more of a cluster.
    #[serde(default)]
    pub(crate) cluster: Table,
    /// Only a file tells of webhooks.
    #[serde(default, rename = "webhook")]
    pub(crate) webhooks: Vec<EndpointSettings>,
}

impl Layer {
    /// What the environment says, of which `find` gives a variable.
    ///
    /// # Errors
    /// A value that is not of its form.
    pub(crate) fn of_environment(find: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let wrong = |name: &str| format!("the environment's {name} cannot be read");
        let find = |name: &str| find(name).filter(|value| !value.is_empty());
        let format = find("OUTLAY_LOG_FORMAT").map(|text| {
            LogFormat::from_str(&text, false).map_err(|_| anyhow!("'{text}' is not text or json"))
        });
        let hosts = find("OUTLAY_HOST").unwrap_or_default();
        let hosts = hosts.split(',').map(str::trim).filter(|it| !it.is_empty());
        Ok(Self {
            listen: find("OUTLAY_LISTEN")
                .map(|text| text.parse())
                .transpose()
                .with_context(|| wrong("OUTLAY_LISTEN"))?,
            hosts: hosts
                .map(str::parse)
                .collect::<Result<_, _>>()
                .with_context(|| wrong("OUTLAY_HOST"))?,
            data: find("OUTLAY_DATA").map(PathBuf::from),
            store: find("OUTLAY_STORE").map(StoreUrl),
            cache: find("OUTLAY_CACHE").map(PathBuf::from),
            log_level: find("OUTLAY_LOG_LEVEL")
                .map(|text| text.parse())
                .transpose()
                .with_context(|| wrong("OUTLAY_LOG_LEVEL"))?,
            log_format: format
                .transpose()
                .with_context(|| wrong("OUTLAY_LOG_FORMAT"))?,
            ..Self::default()
        })
    }

    /// What a file says.
    ///
    /// # Errors
    /// What is not TOML, not of its form, or not known.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        // Without the line itself, which may hold a password.
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = 1 + before.map_or(0, |before| before.matches('\n').count());
            anyhow!("line {line}: {}", error.message())
        })
    }

    /// What the file at `path` says.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); a file that cannot be read.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let wrong = || format!("the config file '{}' cannot be read", path.display());
        let bytes = std::fs::read(path).with_context(wrong)?;
        let text = decoded(&bytes).with_context(wrong)?;
        Self::parse(&text).with_context(wrong)
    }

    /// What this layer says, and where it is silent, `below`. The log is in one place: who names
    /// a folder or a cluster hides both below. A service may have many names: who names one adds it.
    pub(crate) fn over(self, below: Self) -> Self {
        let hides_cluster = self.data.is_some();
        let cache = self.cache.or(below.cache.filter(|_| !hides_cluster));
        let (data, store) = if hides_cluster || self.store.is_some() {
            (self.data, self.store)
        } else {
            (below.data, below.store)
        };
        Self {
            listen: self.listen.or(below.listen),
            hosts: [self.hosts, below.hosts].concat(),
            data,
            store,
            cache,
            cluster: below.cluster,
            log_level: self.log_level.or(below.log_level),
            log_format: self.log_format.or(below.log_format),
            webhooks: if self.webhooks.is_empty() {
                below.webhooks
            } else {
                self.webhooks
            },
        }
    }

    /// The configuration, with the defaults where all layers are silent.
    ///
    /// # Errors
    /// A folder and a cluster in one layer, and a cluster that cannot be understood.
    pub(crate) fn settled(self) -> Result<Config> {
        let log = match (self.data, self.store) {
            (Some(_), Some(_)) => {
                return Err(anyhow!(
                    "'data' and 'store' are both set: the log is in a folder or on a cluster"
                ));
            }
            (None, Some(StoreUrl(address))) => {
                let table = self.cluster.clone();
                Log::Cluster(Box::new(Cluster::parse(&address, table, self.cache)?))
            }
            (_, None) if self.cache.is_some() => {
                return Err(anyhow!(
                    "'cache' is set, and no 'store': there is a copy where a cluster keeps the log"
                ));
            }
            (data, None) => Log::Folder(data.unwrap_or_else(|| PathBuf::from(DATA))),
        };
        Ok(Config {
            listen: self.listen.unwrap_or(ListenAddress::DEFAULT),
            hosts: self.hosts,
            log,
            cluster: self.cluster,
            log_level: self.log_level,
            log_format: self.log_format.unwrap_or_default(),
            webhooks: self.webhooks,
        })
    }
}

#[cfg(test)]
mod tests;
