//! A log that was set back, as the checkpoints in its folder bear witness, and what is done then:
//! it is read, and takes no events until somebody accepts that.

use std::path::Path;
use std::sync::OnceLock;

use events::log::Position;
use rusqlite::Connection;
use store::{ReadOnly, Rollback, Witness};

use crate::bookmark::{self, Kind};
use crate::open::{self, OpenError};
use crate::rows::anchor_at;
use crate::store::SqliteStore;

/// A rollback that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Where the log ends that goes on.
    pub head: Position,
    /// The checkpoints of what it lacks, where they are put aside; at least one.
    pub aside: Vec<Witness>,
}

/// The rollback of the log behind `connection`, if the checkpoints in `folder` bear witness of one.
///
/// A copy has none: its commits do not wait for the disk, so that a power cut may well take it
/// behind its checkpoints, and what it lacks is copied again.
///
/// # Errors
/// Whatever the engine fails with.
pub(crate) fn find(connection: &Connection, folder: &Path) -> rusqlite::Result<Option<Rollback>> {
    if bookmark::is_copy(connection)? {
        return Ok(None);
    }
    Rollback::find(folder, |anchor| {
        Ok(anchor_at(connection, anchor.position)? == Some(anchor))
    })
}

/// Why a log that ends at `head` takes no events, where it was set back.
pub(crate) fn refusal(rollback: Option<&Rollback>, head: Position) -> OnceLock<ReadOnly> {
    let Some(rollback) = rollback else {
        return OnceLock::new();
    };
    let set_back = ReadOnly::SetBack {
        witnessed: rollback.witnessed(),
        head,
    };
    tracing::warn!("{set_back}");
    OnceLock::from(set_back)
}

impl SqliteStore {
    /// Goes on with the log in `folder`, which was set back: puts the checkpoints aside that bear
    /// witness of what it lacks. `None` where there are none.
    ///
    /// # Errors
    /// [`OpenError`] where the folder is taken or has no log, or the log cannot be read.
    pub fn accept_rollback(folder: &Path) -> Result<Option<Accepted>, OpenError> {
        let refused = |source| OpenError::Folder {
            path: folder.to_owned(),
            source,
        };
        let nothing = |_| Ok::<_, OpenError>(false);
        if !open::file(folder).is_file() && Rollback::find(folder, nothing)?.is_none() {
            return Err(OpenError::Missing {
                path: folder.to_owned(),
            });
        }
        let _lock = open::take(folder)?;
        let (connection, shared, _) = open::to_write(Kind::Log, folder)?;
        let Some(rollback) = find(&connection, folder)? else {
            return Ok(None);
        };
        Ok(Some(Accepted {
            head: shared.index().head().position,
            aside: rollback.accept().map_err(refused)?,
        }))
    }
}
