//! The guard: judges how scopes stand whenever something was recorded, and once a day, and has
//! alerts raised, updated and resolved.
//!
//! It decides nothing by itself: rules are in `projections::alarm`, and what becomes of an alert is
//! decided at its desk, so that any number of guards raise it once.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::alert::{AlertCommand, AlertId};
use events::log::Position;
use events::time::EffectiveOn;
use ledger::panics::joined;
use ledger::{AppendError, Command, Ledger, RecordError};
use projections::AsOf;
use projections::alarm::{entry, judge};
use projections::alerts::Alerts;
use projections::behind::{Asked, Behind, behind};
use tokio::task::JoinSet;

use crate::board::{Board, Judgement};

/// The least time between two judgements: what is recorded meanwhile is judged together.
const PAUSE: Duration = Duration::from_millis(250);
/// How many times as long as a judgement takes the next one waits: meanwhile the figures are for
/// others.
const REST: u32 = 20;
/// How often the guard looks what day it is.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// How long it waits after what it found could not be recorded.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// How many alerts are told of something at once.
const AT_ONCE: usize = 64;

/// Judges for as long as it is polled.
pub(crate) async fn guard(ledger: Ledger, board: Arc<Board>) -> Infallible {
    let mut judged: Option<(Position, EffectiveOn)> = None;
    loop {
        let now = (ledger.applied(), ledger.today());
        if judged == Some(now) {
            let passed = tokio::time::timeout(LOOK_AGAIN, ledger.pass(now.0)).await;
            // A view that stopped passes nothing any more, and says so at once.
            let rest = if passed.is_ok() && ledger.applied() == now.0 {
                LOOK_AGAIN
            } else {
                let took = board.judged().map(|judgement| judgement.took);
                PAUSE.max(took.unwrap_or_default() * REST)
            };
            tokio::time::sleep(rest).await;
            continue;
        }
        match once(&ledger, &board, now.1).await {
            Ok(at) => judged = Some((at, now.1)),
            // The store has said so, and `/readyz` goes on saying it.
            Err(RecordError::Append(AppendError::ReadOnly(_))) => {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            Err(error) => {
                tracing::error!(%error, "what was judged of alerts cannot be recorded");
                tokio::time::sleep(TRY_AGAIN).await;
            }
        }
    }
}

/// Judges once, as of `day`, and gives what was known.
async fn once(ledger: &Ledger, board: &Board, day: EffectiveOn) -> Result<Position, RecordError> {
    let looked = ledger.clone();
    let looked = tokio::task::spawn_blocking(move || look(&looked, day));
    let (judgement, commands) = joined(looked).await;
    let behind = Arc::clone(&judgement.behind);
    board.judge(judgement);
    let mut telling = JoinSet::new();
    let mut done = Ok(());
    for (id, command) in commands {
        if telling.len() >= AT_ONCE
            && let Some(told) = telling.join_next().await
        {
            done = done.and(told.unwrap_or(Err(RecordError::Broken)));
        }
        let (ledger, entry) = (ledger.clone(), entry(&behind));
        telling.spawn(async move {
            let command = Command {
                id,
                entry,
                command,
                origin: None,
            };
            ledger.tell(command).await.map(drop)
        });
    }
    while let Some(told) = telling.join_next().await {
        done = done.and(told.unwrap_or(Err(RecordError::Broken)));
    }
    done.map(|()| behind.as_of.known)
}

/// How all scopes stand, and what that asks for.
fn look(ledger: &Ledger, day: EffectiveOn) -> (Judgement, Vec<(AlertId, AlertCommand)>) {
    let (at, began) = (ledger.now(), Instant::now());
    let behind: Behind = ledger.figures(|figures| {
        let as_of = AsOf {
            effective: day,
            known: figures.applied(),
        };
        behind(figures, &Asked::all(as_of))
    });
    let open = ledger.alerts(Alerts::open);
    let commands = judge(&behind, &open);
    let judgement = Judgement {
        behind: Arc::new(behind),
        at,
        took: began.elapsed(),
    };
    (judgement, commands)
}
