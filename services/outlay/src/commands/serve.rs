//! `outlay serve`: bind, announce, open the store, catch up, serve, drain.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use anyhow::Context as _;
use api::{AppState, Hosts, Limits};
use events::time::EffectiveOn;
use ledger::{Checkpoints, Ledger, Register};
use store::{Clock as _, Replica, SystemClock};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use watch::Watch;
use watch::webhook::{self, Backoff, Endpoint};

use crate::config::{Config, Log};
use crate::failure::{Failure, OrFail as _};
use crate::flags::ServeFlags;
use crate::room::look_after;
use crate::text::Text;
use crate::wiring::{Observer, settle};
use crate::{folder, rows, terminal};

/// Serves until a signal.
///
/// # Errors
/// A [`Failure`] where the address or the folder cannot be had, the register is refused, or a
/// webhook cannot be used.
pub(crate) async fn run(config: Config, flags: ServeFlags) -> Result<(), Failure> {
    let register = match &flags.register {
        Some(file) => Register::Given(read_register(file)?),
        None => Register::BuiltIn,
    };
    // Before a folder is made for it.
    let today = EffectiveOn::at(SystemClock.now());
    register.check(today).or_refuse()?;
    let endpoints = webhook::open(&config.webhooks).or_usage()?;
    let listener = bind(&config).await?;
    let stop = asked_to_stop();
    announce(&listener)?;
    serve(listener, &config, register, endpoints, stop).await
}

/// Takes the address that the config names.
///
/// # Errors
/// A [`Failure`] where it is taken.
pub(crate) async fn bind(config: &Config) -> Result<TcpListener, Failure> {
    let address = config.listen.socket();
    let bound = TcpListener::bind(address).await;
    let wrong = || format!("cannot listen on {address}; --listen takes another address");
    bound.with_context(wrong).or_unreachable()
}

/// Says where the service is, so that a script can wait for the line; gives the address. It is in
/// the log too, for who does not hear standard output.
///
/// # Errors
/// A [`Failure`] where the listener has no address.
pub(crate) fn announce(listener: &TcpListener) -> Result<String, Failure> {
    let address = format!("http://{}", listener.local_addr().or_unreachable()?);
    tracing::info!(%address, "listening");
    terminal::announce(&Text::of(format_args!("outlay listens on {address}")));
    Ok(address)
}

/// A state of nothing yet, whose metrics know of the log lines.
fn new_state() -> AppState {
    let state = AppState::new();
    let metrics = state.metrics();
    metrics.count_dropped_lines_by(|| terminal::stderr().dropped());
    state
}

/// Serves the log of `config` on `listener` until it is asked to stop, from before the store is
/// open: who asks meanwhile is told that it is not ready.
///
/// # Errors
/// A [`Failure`] where the store cannot be opened.
async fn serve(
    listener: TcpListener,
    config: &Config,
    register: Register,
    endpoints: Vec<Endpoint>,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let state = new_state();
    let (not_opened, failed) = oneshot::channel::<()>();
    let stop = async {
        tokio::select! {
            () = stop => {}
            _ = failed => {}
        }
    };
    let router = api::served(state.clone(), Hosts::new(config.hosts.clone()));
    let mut serving = pin!(api::serve(
        listener,
        router,
        &state,
        Limits::default(),
        stop
    ));
    let opened = tokio::select! {
        opened = open(&state, &config.log, register, endpoints) => opened,
        // Asked to stop before it was open: a cluster may not answer for long.
        () = &mut serving => return Ok(()),
    };
    match opened {
        Ok(beside) => {
            tracing::info!("ready");
            serving.await;
            drop(not_opened);
            leave(&state, beside).await;
            Ok(())
        }
        Err(failure) => {
            drop(not_opened);
            serving.await;
            Err(failure)
        }
    }
}

/// Serves `data` on `listener` until it is asked to stop, from when it is open: who asks meanwhile
/// waits for the answer.
///
/// # Errors
/// As [`serve`].
pub(crate) async fn serve_opened(
    listener: TcpListener,
    hosts: Hosts,
    data: &Path,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let state = new_state();
    let log = Log::Folder(data.to_owned());
    let beside = open(&state, &log, Register::BuiltIn, Vec::new()).await?;
    tracing::info!("ready");
    let router = api::served(state.clone(), hosts);
    api::serve(listener, router, &state, Limits::default(), stop).await;
    leave(&state, beside).await;
    Ok(())
}

/// What goes on beside the answers.
struct Beside {
    watch: Watch,
    room: JoinSet<()>,
}

/// Ends what goes on beside, and leaves a checkpoint for the next start; the store leaves its own when it closes.
async fn leave(state: &AppState, beside: Beside) {
    beside.watch.end().await;
    drop(beside.room);
    if let Some(ledger) = state.find_ledger() {
        ledger.close().await;
    }
}

async fn open(
    state: &AppState,
    log: &Log,
    register: Register,
    endpoints: Vec<Endpoint>,
) -> Result<Beside, Failure> {
    let observer = Arc::new(Observer(Arc::clone(state.metrics())));
    let (store, folder): (Arc<dyn Replica>, PathBuf) = match log {
        Log::Folder(data) => {
            let store = folder::open_observed(data, observer).await?;
            (store, data.clone())
        }
        Log::Cluster(cluster) => cluster.open(observer).await?,
    };
    tracing::info!(folder = %folder.display(), "the store is open");
    let ledger = Ledger::open_kept(store, Checkpoints::kept_in(&folder));
    state.opened(ledger.clone());
    settle(&ledger, register).await?;
    state.settled();
    let watch = Watch::over(&ledger, endpoints, Backoff::default());
    state.metrics().watched(Arc::clone(watch.board()));
    let mut room = JoinSet::new();
    let looked_after = (Arc::clone(state.metrics()), folder);
    room.spawn(ledger.workers().add("room").supervise(move || {
        let (metrics, folder) = looked_after.clone();
        look_after(metrics, folder)
    }));
    Ok(Beside { watch, room })
}

/// Listens for SIGTERM and SIGINT from now on; what it gives waits for one of them.
pub(crate) fn asked_to_stop() -> impl Future<Output = ()> {
    let both = signal(SignalKind::terminate()).and_then(|terminate| {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok((terminate, interrupt))
    });
    async move {
        match both {
            Ok((mut terminate, mut interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                tracing::info!("draining");
            }
            Err(error) => {
                tracing::error!(%error, "signals cannot be heard; only SIGKILL ends this process");
                std::future::pending::<()>().await;
            }
        }
    }
}

/// The records of a register, all of which must be read.
fn read_register(file: &Path) -> Result<Vec<events::record::Record>, Failure> {
    let name = file.display();
    let bytes = std::fs::read(file);
    let bytes = bytes.with_context(|| format!("the register '{name}' cannot be read"));
    let rows = rows::read(&bytes.or_unreachable()?);
    let rows = rows.with_context(|| format!("the register '{name}' cannot be understood"));
    let record = |row: &rows::Row| {
        api::records::parse(row.text.as_bytes())
            .with_context(|| format!("record {} of the register '{name}'", row.number))
            .or_refuse()
    };
    rows.or_refuse()?.iter().map(record).collect()
}
