//! After a write that failed: what is taken back, what is answered, and whether anything more is
//! taken.

use std::sync::{Arc, PoisonError};

use rusqlite::ErrorCode;
use rusqlite::config::DbConfig;
use store::panics::{Panicked, beside};
use store::{AppendError, ReadOnly};

use super::Writer;
use crate::files::{Files, Unsure, Written};
use crate::group::Group;
use crate::index::Mark;
use crate::keeper::Keeper;

impl Writer {
    /// Goes back to `mark` after `error`, and says what to answer.
    pub(super) fn undo(&mut self, group: &Group, mark: Mark, error: Unsure) -> AppendError {
        let back = self.roll_back(group, mark);
        // A failure of the engine may well come of what became of its files.
        let error = match self.look(Written::Wal) {
            Err(changed @ Unsure::Changed(_)) => changed,
            Ok(()) | Err(Unsure::Engine(_)) => error,
        };
        let error = match error {
            Unsure::Engine(error) => error,
            Unsure::Changed(ref why) => {
                self.refuse_replaced(why);
                return AppendError::Engine(Arc::new(error));
            }
        };
        let code = error.sqlite_error_code();
        let error = Arc::new(error);
        if back && code == Some(ErrorCode::DiskFull) {
            group.withdraw(mark.position());
            beside(|| tracing::warn!("there is no room left for events"));
            return AppendError::Full;
        }
        let busy = matches!(
            code,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        );
        if back && busy && group.events.is_empty() {
            beside(|| tracing::warn!("another program keeps outlay.db locked"));
        } else {
            self.refuse_writes(Arc::clone(&error));
        }
        AppendError::Engine(error)
    }

    /// Goes back to `mark` after a panic, and says what to answer.
    pub(super) fn undo_panicked(
        &mut self,
        group: &Group,
        mark: Mark,
        panicked: Panicked,
    ) -> AppendError {
        if self.roll_back(group, mark) {
            group.withdraw(mark.position());
        }
        if let Err(Unsure::Changed(why)) = self.look(Written::Wal) {
            self.refuse_replaced(&why);
        }
        beside(|| tracing::error!(%panicked, "a group of appends failed"));
        self.shared.workers.writer.recovered(panicked.clone());
        AppendError::Engine(Arc::new(panicked))
    }

    /// Takes everything of a group back that is not committed; whether the file is as it was.
    fn roll_back(&self, group: &Group, mark: Mark) -> bool {
        let back = self.connection.is_autocommit() || self.run("ROLLBACK").is_ok();
        let index = self.shared.index.write();
        let mut index = index.unwrap_or_else(PoisonError::into_inner);
        index.undo(mark, group.placed().iter());
        back
    }

    pub(super) fn refuse_writes(&mut self, error: Arc<rusqlite::Error>) {
        beside(|| tracing::error!(%error, "a durable write failed; no more events are taken"));
        self.refuse(ReadOnly::WriteFailed(error));
    }

    /// Takes nothing more, and leaves word of what was acknowledged before anybody is told: whoever
    /// starts on the files that are there now is to know.
    pub(super) fn refuse_replaced(&mut self, why: &str) {
        let acknowledged = self.shared.index().head().position;
        let said = "the log was replaced; no more events are taken";
        beside(|| tracing::error!(why, %acknowledged, "{said}"));
        if self.files.as_ref().is_some_and(Files::are_at_home) {
            self.keep(Keeper::bear_witness);
        }
        self.refuse(ReadOnly::Replaced {
            acknowledged,
            why: why.to_owned(),
        });
        if let Some(Err(error)) = self.files.as_ref().map(|files| files.part(acknowledged)) {
            beside(|| tracing::error!(%error, "outlay.db-wal stays beside another outlay.db"));
        }
    }

    fn refuse(&mut self, why: ReadOnly) {
        let _ = self.shared.refusing.set(why);
        let keep = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        if let Err(error) = self.connection.set_db_config(keep, true) {
            let what = "the write-ahead log may be moved to the file at the end";
            beside(|| tracing::error!(%error, "{what}"));
        }
    }
}
