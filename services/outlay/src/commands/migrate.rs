//! `outlay migrate`: a log from one place to another, event by event, and both compared at the end.
//!
//! Events keep their ids, their order, their positions and their stamps. What the target has
//! already is not written again, so that a migration that broke off goes on where it stopped.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use clap::Args;
use events::log::Position;
use store::{EventStore, NoObserver, ReadOnly, Replica, ReplicaError, difference, replicate_log};

use crate::cluster::Cluster;
use crate::commands::serve::asked_to_stop;
use crate::config::{Config, StoreUrl};
use crate::failure::{Failure, OrFail as _};
use crate::folder::{self, Unfinished};
use crate::progress::Progress;
use crate::terminal::Terminal;
use crate::text::Text;

/// What `migrate` takes.
#[derive(Debug, Args)]
pub(crate) struct MigrateFlags {
    /// Where the log is: a data folder, which no server may have open, a node's cache, or a cluster
    /// such as <esdb://node1,node2,node3>
    #[arg(long, value_name = "DIR|URL")]
    from: Address,
    /// Where it is to be: a data folder or a cluster without events of ours, or with those that a
    /// migration from the same log left
    #[arg(long, value_name = "DIR|URL")]
    to: Address,
}

/// Where a log is, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    Folder(PathBuf),
    Cluster(StoreUrl),
}

impl FromStr for Address {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        if text.is_empty() {
            bail!("a data folder or the address of a cluster is needed");
        }
        Ok(if text.contains("://") {
            Self::Cluster(StoreUrl(text.to_owned()))
        } else {
            Self::Folder(PathBuf::from(text))
        })
    }
}

/// A log that is open, and what people call it.
struct Opened<S: ?Sized> {
    name: String,
    store: Arc<S>,
}

/// Moves the log, and compares both. Who breaks it off leaves what was moved, and nothing else.
///
/// # Errors
/// A [`Failure`] where a log cannot be opened, read or written to, or the target has another log.
pub(crate) async fn run(config: &Config, flags: MigrateFlags) -> Result<(), Failure> {
    if flags.from == flags.to {
        return Err(Failure::usage(anyhow!("--from and --to are the same")));
    }
    let stop = asked_to_stop();
    tokio::select! {
        moved = migrate(config, &flags) => moved,
        () = stop => Err(Failure::unreachable(anyhow!(
            "the migration was broken off; the same command goes on from there"
        ))),
    }
}

async fn migrate(config: &Config, flags: &MigrateFlags) -> Result<(), Failure> {
    let from = open_source(config, &flags.from).await?;
    if let Some(set_back @ ReadOnly::SetBack { .. }) = from.store.read_only() {
        // Where it goes nothing bears witness of what it lacks.
        return Err(Failure::unreachable(set_back));
    }
    let to = open_target(config, &flags.to).await?;
    folder::takes_events(&*to.store)?;
    let end = from.store.latest().await.or_unreachable()?.position;
    let begun = to.store.latest().await.or_unreachable()?.position;
    let other = |at: Position| {
        Failure::refused(anyhow!(
            "{} has another event at position {at} than {}: it is no copy that a migration left; \
             name a target without events",
            to.name,
            from.name
        ))
    };
    if begun > end {
        return Err(other(end.next()));
    }
    if let Some(at) = compared(&from, &to, begun).await? {
        return Err(other(at));
    }
    let unfinished = match &flags.to {
        Address::Folder(folder) => Some(Unfinished::of(folder)),
        Address::Cluster(_) => None,
    };
    if let Some(unfinished) = unfinished.as_ref().filter(|_| begun < end) {
        unfinished.begin().or_unreachable()?;
    }
    let bar = Progress::over(end.0, "events moved");
    bar.to(begun.0);
    let moved = replicate_log(&*from.store, &*to.store, end, |at| bar.to(at.0)).await;
    bar.end();
    moved.map_err(|error| broke_off(error, &to.name))?;
    if let Some(at) = compared(&from, &to, end).await? {
        return Err(other(at));
    }
    if let Some(unfinished) = unfinished {
        unfinished.end().or_unreachable()?;
    }
    Terminal::lock().print(&Text::of(format_args!(
        "{} events moved from {} to {}; up to position {end} both are the same, event by event",
        end.0 - begun.0,
        from.name,
        to.name
    )))
}

async fn open_source(
    config: &Config,
    address: &Address,
) -> Result<Opened<dyn EventStore>, Failure> {
    match address {
        Address::Folder(folder) => Ok(Opened {
            name: named(folder),
            store: folder::open_source(folder).await?,
        }),
        Address::Cluster(url) => {
            let Opened { name, store } = open_cluster(config, url).await?;
            Ok(Opened { name, store })
        }
    }
}

async fn open_target(config: &Config, address: &Address) -> Result<Opened<dyn Replica>, Failure> {
    match address {
        Address::Folder(folder) => Ok(Opened {
            name: named(folder),
            store: folder::open_target(folder).await?,
        }),
        Address::Cluster(url) => open_cluster(config, url).await,
    }
}

/// The log on a cluster, with a copy of its own: what is compared is what the cluster has.
async fn open_cluster(
    config: &Config,
    StoreUrl(url): &StoreUrl,
) -> Result<Opened<dyn Replica>, Failure> {
    let cluster = Cluster::parse(url, config.cluster.clone(), None).or_usage()?;
    let (store, _) = cluster.open(Arc::new(NoObserver)).await?;
    let name = cluster.name();
    Ok(Opened { name, store })
}

fn named(folder: &Path) -> String {
    format!("'{}'", folder.display())
}

/// The first position up to `until` at which both differ.
async fn compared(
    from: &Opened<dyn EventStore>,
    to: &Opened<dyn Replica>,
    until: Position,
) -> Result<Option<Position>, Failure> {
    let bar = Progress::over(until.0, "events compared");
    let (one, other): (&dyn EventStore, &dyn EventStore) = (&*from.store, &*to.store);
    let differs = difference(one, other, until, |at| bar.to(at.0)).await;
    bar.end();
    differs.or_unreachable()
}

fn broke_off(error: ReplicaError, to: &str) -> Failure {
    let told = anyhow!(error).context(format!(
        "the migration broke off; what {to} has stays, and the same command goes on from there"
    ));
    Failure::unreachable(told)
}
