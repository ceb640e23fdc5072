//! Places in the cluster's own log, which leave this crate as text alone.

use std::fmt;
use std::str::FromStr;

use events::log::EventId;
use eventstore::Position as There;

use crate::streams::Streams;

/// A place in the cluster's own log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bookmark {
    commit: u64,
    prepare: u64,
}

/// The last event of a copy, and where it stands: a log that has it there is the one that the copy
/// is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Landmark {
    pub(crate) bookmark: Bookmark,
    pub(crate) id: EventId,
}

impl From<There> for Bookmark {
    fn from(there: There) -> Self {
        let There { commit, prepare } = there;
        Self { commit, prepare }
    }
}

impl From<Bookmark> for There {
    fn from(bookmark: Bookmark) -> Self {
        let Bookmark { commit, prepare } = bookmark;
        Self { commit, prepare }
    }
}

impl Bookmark {
    /// The place as a copy of `streams` keeps it: with what was copied, so that a copy of others is
    /// not gone on with.
    pub(crate) fn kept(self, streams: &Streams) -> String {
        format!("{streams} {self}")
    }

    /// The place that `text` keeps; `None` where it is none, or one in a copy of other streams than
    /// `streams`.
    pub(crate) fn find_kept(streams: &Streams, text: &str) -> Option<Self> {
        let (of, bookmark) = text.rsplit_once(' ')?;
        let is_same = of == streams.to_string();
        bookmark.parse().ok().filter(|_| is_same)
    }
}

impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.commit, self.prepare)
    }
}

impl FromStr for Bookmark {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (commit, prepare) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self {
            commit: commit.parse()?,
            prepare: prepare.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bookmark_is_read_as_it_is_written() {
        let bookmark = Bookmark {
            commit: 17,
            prepare: 4,
        };
        assert_eq!(bookmark.to_string(), "17/4");
        assert_eq!("17/4".parse(), Ok(bookmark));
        for wrong in ["", "17", "17/", "/4", "a/b"] {
            assert!(wrong.parse::<Bookmark>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_a_copy_keeps_is_found_for_the_same_streams_alone() {
        let of = |prefix: &str| Streams::new(prefix.parse().unwrap());
        let bookmark: Bookmark = "17/4".parse().unwrap();
        let kept = bookmark.kept(&of("test."));
        assert_eq!(
            kept,
            "test.{access,alert,import,line,policy,registry,schedule,statement} 17/4"
        );
        assert_eq!(Bookmark::find_kept(&of("test."), &kept), Some(bookmark));
        assert_eq!(Bookmark::find_kept(&of(""), &kept), None);
        for wrong in ["17/4", "", "test. 17/4", &kept.replace(",line", "")] {
            assert_eq!(Bookmark::find_kept(&of("test."), wrong), None, "{wrong}");
        }
    }
}
