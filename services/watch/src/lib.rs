//! Behind plan: alerts as events, and the webhooks that hear of them.
//!
//! A guard judges, postmen deliver; both find everything they need in the log, so that any node
//! goes on where another ended. What a rule is, and what becomes of an alert, is decided elsewhere:
//! in `projections::alarm` and `events::alert`. [`webhook`] sends texts and knows no alert.

mod board;
mod guard;
mod letter;
mod postman;
pub mod webhook;

use std::sync::Arc;

use ledger::Ledger;
use tokio::task::JoinSet;

pub use board::{Board, Deliveries, Judgement};
use postman::Postman;
pub use postman::due;
use webhook::{Backoff, Endpoint, Sender};

/// What keeps watch over a ledger, until it is dropped.
#[derive(Debug)]
pub struct Watch {
    tasks: JoinSet<()>,
    board: Arc<Board>,
}

impl Watch {
    /// Keeps watch over `ledger`, which takes records, and tells `endpoints` of alerts; with these
    /// waits between attempts. Who does so is among the workers of `ledger`, and is started again
    /// after a panic.
    pub fn over(ledger: &Ledger, endpoints: Vec<Endpoint>, backoff: Backoff) -> Self {
        let names = endpoints.iter().map(|endpoint| endpoint.name().clone());
        let board = Arc::new(Board::of(names));
        let (mut tasks, workers) = (JoinSet::new(), ledger.workers());
        let judged = (ledger.clone(), Arc::clone(&board));
        tasks.spawn(workers.add("guard").supervise(move || {
            let (ledger, board) = judged.clone();
            guard::guard(ledger, board)
        }));
        for endpoint in endpoints {
            let worker = workers.add(format!("postman.{}", endpoint.name()));
            let postman = Arc::new(Postman {
                ledger: ledger.clone(),
                endpoint,
                sender: Sender::default(),
                backoff,
                board: Arc::clone(&board),
            });
            tasks.spawn(worker.supervise(move || Arc::clone(&postman).run()));
        }
        Self { tasks, board }
    }

    /// What was judged last and how deliveries go.
    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// Ends the watch: nothing of it is recorded any more.
    pub async fn end(mut self) {
        self.tasks.shutdown().await;
    }
}
