//! `outlay restore --accept-rollback`: goes on with a log that was set back, on purpose.

#![expect(clippy::doc_markdown, reason = "the docs of a flag are its help")]

use std::path::PathBuf;

use clap::Args;

use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::folder;
use crate::terminal::Terminal;
use crate::text::Text;

/// What `restore` takes.
#[derive(Debug, Args)]
pub(crate) struct RestoreFlags {
    /// Go on with the log as it is, and put the checkpoints aside that bear witness of events which
    /// it lacks; where there are none, nothing is done
    #[arg(long, required = true)]
    accept_rollback: bool,
    /// The data folder, which no server may have open [env: OUTLAY_DATA] [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// Accepts the rollback, and says what was put aside. Whoever accepts it again has nothing to
/// accept, which is no failure: an attempt that was broken off is finished by another.
///
/// # Errors
/// A [`Failure`] where another process has the folder, or its log cannot be read.
pub(crate) async fn run(config: &Config) -> Result<(), Failure> {
    let folder = config.folder().or_usage()?;
    let name = folder.display();
    let Some(accepted) = folder::accept_rollback(folder).await? else {
        return Terminal::lock().print(&Text::of(format_args!(
            "nothing to accept: no checkpoint in '{name}' bears witness of an event that the log \
             lacks"
        )));
    };
    let mut told = Text::of(format_args!(
        "the log in '{name}' ends at position {}, and goes on from there",
        accepted.head
    ));
    for witness in accepted.aside {
        told.line(format_args!(
            "what bears witness of position {} is now '{}'",
            witness.position,
            witness.path.display()
        ));
    }
    Terminal::lock().print(&told)
}
