//! The names of our streams on a cluster, which others may use too.

use std::fmt;

use events::log::{CATEGORIES, StreamName};
use eventstore::SubscriptionFilter;

use crate::settings::StreamPrefix;

/// How our streams are called on the cluster: as ours, after a prefix.
#[derive(Clone, Debug)]
pub(crate) struct Streams(StreamPrefix);

impl Streams {
    pub(crate) fn new(prefix: StreamPrefix) -> Self {
        Self(prefix)
    }

    /// What `stream` is called there.
    pub(crate) fn there(&self, stream: &StreamName) -> String {
        format!("{}{stream}", self.0.as_str())
    }

    /// What the stream called `there` is here; `None` where it is not ours.
    pub(crate) fn find_here(&self, there: &str) -> Option<StreamName> {
        let name = there.strip_prefix(self.0.as_str())?;
        let (category, _) = name.split_once('-')?;
        CATEGORIES
            .contains(&category)
            .then(|| StreamName::from_stored(name))
    }

    /// Lets through the events of our streams alone, on the server.
    pub(crate) fn filter(&self) -> SubscriptionFilter {
        let only = SubscriptionFilter::on_stream_name();
        CATEGORIES.iter().fold(only, |filter, category| {
            filter.add_prefix(format!("{}{category}-", self.0.as_str()))
        })
    }
}

impl fmt::Display for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{{{}}}", self.0.as_str(), CATEGORIES.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_called_as_here_after_the_prefix() {
        let stream = StreamName::new("line", "NTM.10.2024.central.investment");
        for (prefix, there) in [
            ("", "line-NTM.10.2024.central.investment"),
            ("test.", "test.line-NTM.10.2024.central.investment"),
        ] {
            let streams = Streams::new(prefix.parse().unwrap());
            assert_eq!(streams.there(&stream), there);
            assert_eq!(streams.find_here(there), Some(stream.clone()));
        }
    }

    #[test]
    fn streams_of_others_are_not_ours() {
        let streams = Streams::new("test.".parse().unwrap());
        for there in [
            "line-a",
            "test.lines-a",
            "test.line",
            "$stats-1",
            "tests.line-a",
        ] {
            assert_eq!(streams.find_here(there), None, "{there}");
        }
    }
}
