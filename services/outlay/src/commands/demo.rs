//! `outlay demo`: a server over a fresh data folder that a scripted clock has filled.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use api::Hosts;
use tempfile::TempDir;

use crate::commands::serve::{announce, asked_to_stop, bind, serve_opened};
use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::fill::fill;
use crate::flags::DemoFlags;
use crate::terminal;
use crate::text::Text;

/// What may be asked, to begin with.
const QUESTIONS: [(&str, &str); 3] = [
    (
        "How much of Lao Cai's 2024 plan was disbursed by 31 January 2025, by programme?",
        "/v1/rates?year=2024&province=10&source=central&as_of=2025-01-31&by=programme",
    ),
    (
        "And by August 2025 in the whole country, estimates included?",
        "/v1/rates?year=2025&province=00&programme=PUB&as_of=2025-08-31&certainty=with_estimates",
    ),
    (
        "And the money of 2025 alone, over what was assigned alone?",
        "/v1/rates?year=2025&province=00&programme=PUB&as_of=2025-08-31&certainty=with_estimates\
         &money=plan_year&denominator=assigned",
    ),
];

/// The folder of the demo; a temporary one goes when this does.
enum Folder {
    Temporary(TempDir),
    Given(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Given(folder) => folder,
        }
    }
}

/// Fills a folder, and serves it until a signal.
///
/// # Errors
/// A [`Failure`] where the address or the folder cannot be had.
pub(crate) async fn run(config: Config, flags: DemoFlags) -> Result<(), Failure> {
    let folder = match flags.data {
        Some(folder) => Folder::Given(fresh(folder)?),
        None => Folder::Temporary(tempfile::tempdir().or_unreachable()?),
    };
    let listener = bind(&config).await?;
    // Who asks while it is filled is heard once it is, and nothing is left behind.
    let stop = asked_to_stop();
    let address = announce(&listener)?;
    terminal::announce(&invitation(&address));
    fill(folder.path().to_owned()).await.or_unreachable()?;
    let hosts = Hosts::new(config.hosts);
    serve_opened(listener, hosts, folder.path(), stop).await
}

/// `folder`, where nothing is in it.
fn fresh(folder: PathBuf) -> Result<PathBuf, Failure> {
    let name = folder.display();
    let is_empty = match std::fs::read_dir(&folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => {
            let wrong = || format!("the folder '{name}' cannot be read");
            return Err(error).with_context(wrong).or_unreachable();
        }
    };
    if !is_empty {
        return Err(Failure::refused(anyhow!(
            "the folder '{name}' is not empty; the demo fills a fresh one, and 'outlay serve \
             --data {name}' serves what is there"
        )));
    }
    Ok(folder)
}

fn invitation(address: &str) -> Text {
    let mut text = Text::of("It is filled with published figures. Ask, for example:");
    for (question, path) in QUESTIONS {
        text.gap();
        text.line(format_args!("  # {question}"));
        text.line(format_args!("  curl '{address}{path}'"));
    }
    text.gap();
    text.line("Ctrl-C ends it.");
    text
}
