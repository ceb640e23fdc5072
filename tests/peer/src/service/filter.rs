//! Which events of the whole log a reader wants: by stream or type, by prefixes or expression.
//!
//! Expressions are those of .NET on the server, which clients use with look-ahead.

use fancy_regex::Regex;
use tonic::Status;

use super::refusal;
use crate::log::LoggedEvent;
use crate::protocol::streams::read_req::options::FilterOptions;
use crate::protocol::streams::read_req::options::filter_options::{
    Expression, Filter as Wanted, Window,
};

/// How many events the server looks at where a reader does not say.
const WINDOW: u32 = 32;

/// A filter.
#[derive(Debug)]
pub(super) struct Filter {
    of: Subject,
    by: Test,
    /// After how many events, wanted or not, a subscription is told where it is.
    pub(super) interval: u64,
}

#[derive(Debug, Clone, Copy)]
enum Subject {
    Stream,
    Type,
}

#[derive(Debug)]
enum Test {
    Prefixes(Vec<String>),
    Expression(Box<Regex>),
}

impl Filter {
    pub(super) fn try_from_options(options: FilterOptions) -> Result<Self, Status> {
        let (of, expression) = match options.filter {
            Some(Wanted::StreamIdentifier(expression)) => (Subject::Stream, expression),
            Some(Wanted::EventType(expression)) => (Subject::Type, expression),
            None => return Err(refusal::invalid("'None' is not a valid filter")),
        };
        let window = match options.window {
            Some(Window::Max(window)) => window,
            Some(Window::Count(())) => WINDOW,
            None => return Err(refusal::invalid("'None' is not a valid window of a filter")),
        };
        let interval = u64::from(window) * u64::from(options.checkpoint_interval_multiplier);
        Ok(Self {
            of,
            by: Test::try_from_expression(expression)?,
            interval,
        })
    }

    pub(super) fn wants(&self, event: &LoggedEvent) -> bool {
        let text = match self.of {
            Subject::Stream => &event.stream,
            Subject::Type => &event.event_type,
        };
        match &self.by {
            Test::Prefixes(prefixes) => prefixes.iter().any(|it| text.starts_with(it.as_str())),
            Test::Expression(expression) => expression.is_match(text).unwrap_or(false),
        }
    }
}

impl Test {
    fn try_from_expression(expression: Expression) -> Result<Self, Status> {
        if expression.regex.is_empty() {
            return Ok(Self::Prefixes(expression.prefix));
        }
        Regex::new(&expression.regex)
            .map(|it| Self::Expression(Box::new(it)))
            .map_err(|error| refusal::invalid(&error.to_string()))
    }
}
