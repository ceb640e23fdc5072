//! What stands for a cluster in a program that was built without one: there can be none.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use store::{CommitObserver, Replica};

use super::Table;
use crate::failure::Failure;

/// A cluster that nobody can name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cluster(Infallible);

impl Cluster {
    /// Refuses the address.
    ///
    /// # Errors
    /// Always.
    pub(crate) fn parse(_: &str, _: Table, _: Option<PathBuf>) -> anyhow::Result<Self> {
        bail!("this outlay was built without clusters; build it with --features cluster")
    }

    pub(crate) fn name(&self) -> String {
        match self.0 {}
    }

    #[expect(clippy::unused_async, reason = "as where there are clusters")]
    pub(crate) async fn open(
        &self,
        _: Arc<dyn CommitObserver>,
    ) -> Result<(Arc<dyn Replica>, PathBuf), Failure> {
        match self.0 {}
    }
}
