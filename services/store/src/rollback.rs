//! The evidence of a rollback: checkpoints that stand on events which the log beside them lacks.
//!
//! A checkpoint is written of events that are on disk, and no crash takes those away. One that the
//! log does not bear out says that the log was set back, or that one of both is another log's:
//! whoever went on would give positions out a second time. It stays where it is until somebody
//! accepts that.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use events::log::Position;

use crate::checkpoint::{Anchor, Found};

/// How the name of every checkpoint ends; before it stands the name of its kind.
const CHECKPOINT: &str = "checkpoint";

/// The checkpoints of a folder that its log does not bear out; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollback {
    witnesses: Vec<Witness>,
}

/// A checkpoint, and the position that it bears witness of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Where it is.
    pub path: PathBuf,
    /// Where the event stands that it stands on.
    pub position: Position,
}

impl Rollback {
    /// The rollback that the checkpoints in `folder` bear witness of, if they do, where `has` tells
    /// whether the log has an event. What one holds in which version does not matter, nor whether
    /// that is whole: a header has a sum of its own, and is written last. Without a right one it
    /// bears witness of nothing.
    ///
    /// # Errors
    /// Whatever `has` fails with.
    pub fn find<E>(
        folder: &Path,
        mut has: impl FnMut(Anchor) -> Result<bool, E>,
    ) -> Result<Option<Self>, E> {
        let mut witnesses = Vec::new();
        for found in checkpoints(folder) {
            let anchor = found.anchor();
            if !has(anchor)? {
                witnesses.push(Witness {
                    path: found.path,
                    position: anchor.position,
                });
            }
        }
        let any = !witnesses.is_empty();
        Ok(any.then_some(Self { witnesses }))
    }

    /// The furthest position that is borne witness of.
    pub fn witnessed(&self) -> Position {
        let positions = self.witnesses.iter().map(|witness| witness.position);
        positions.max().unwrap_or(Position::START)
    }

    /// Puts the checkpoints aside, under names of their own that were never taken, and gives where
    /// they are now. What a crash leaves undone is found again.
    ///
    /// # Errors
    /// Whatever the system fails with.
    pub fn accept(self) -> io::Result<Vec<Witness>> {
        let mut aside = Vec::with_capacity(self.witnesses.len());
        for Witness { path, position } in self.witnesses {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".rollback-{position}"));
            let free = free_name(name.into())?;
            fs::rename(&path, &free)?;
            let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
            aside.push(Witness {
                path: free,
                position,
            });
        }
        Ok(aside)
    }
}

/// The checkpoints in `folder`, in the order of their names. What cannot be read is none.
fn checkpoints(folder: &Path) -> Vec<Found> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let open = |path: PathBuf| {
        let is_one = path.extension().is_some_and(|it| it == CHECKPOINT);
        let kind = path.file_stem().filter(|_| is_one)?.to_str()?;
        Found::open(&path, kind).ok()
    };
    paths.into_iter().filter_map(open).collect()
}

/// `name`, or where that is taken the first of the names that end in a number after it: what is put
/// aside is never written over.
///
/// # Errors
/// Whatever the system fails with.
pub fn free_name(name: PathBuf) -> io::Result<PathBuf> {
    let mut free = name.clone();
    let mut number = 1_u32;
    while free.try_exists()? {
        number += 1;
        let mut numbered = name.as_os_str().to_owned();
        numbered.push(format!("-{number}"));
        free = numbered.into();
    }
    Ok(free)
}
