//! A log on a cluster, where this program was built with the feature `cluster`: its client is half
//! of a build.

#[cfg(not(feature = "cluster"))]
mod absent;
#[cfg(feature = "cluster")]
mod present;

use serde::Deserialize;

#[cfg(not(feature = "cluster"))]
pub(crate) use self::absent::Cluster;
#[cfg(feature = "cluster")]
pub(crate) use self::present::Cluster;

/// What a file says of a cluster beside its address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    pub(crate) max_append_bytes: Option<usize>,
    pub(crate) stream_prefix: Option<String>,
}
