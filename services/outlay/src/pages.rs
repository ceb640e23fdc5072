//! Answers that come in pages: all of them, or the one that was asked for.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::failure::{Failure, OrFail as _};
use crate::output::FileFlags;
use crate::progress::Progress;
use crate::question::Parameters;
use crate::service::Service;

/// Most rows that a service gives at once.
const MOST: &str = "1000";

/// A page, field by field.
type Page = Map<String, Value>;

/// The fields of a page in their order, each as it was written.
struct Fields(Vec<(String, Box<RawValue>)>);

/// The pages of an answer that are still to come.
pub(crate) struct Pages<'a> {
    service: &'a Service,
    next: Option<String>,
    is_one: bool,
    progress: Progress,
}

/// All pages as one answer.
pub(crate) struct Whole {
    /// The last page, with the rows of all.
    pub(crate) answer: Value,
    /// The last position that a page knew.
    pub(crate) position: u64,
}

impl<'a> Pages<'a> {
    /// The pages of what `path` answers: one where `limit` says how long it is.
    pub(crate) fn of(
        service: &'a Service,
        path: &str,
        parameters: Parameters,
        limit: Option<&str>,
    ) -> Self {
        let path = parameters.with("limit", limit.or(Some(MOST))).path(path);
        Self {
            service,
            next: Some(path),
            is_one: limit.is_some(),
            progress: Progress::of_unknown(),
        }
    }

    /// The next page, and the position it knows.
    async fn next(&mut self) -> Result<Option<(Vec<u8>, Page, u64)>, Failure> {
        let Some(path) = self.next.take() else {
            return Ok(None);
        };
        let reply = self.service.get(&path, "application/json").await?;
        let position = reply.position().unwrap_or_default();
        let bytes = reply.bytes().await?;
        let page: Page = serde_json::from_slice(&bytes).or_unreachable()?;
        if !self.is_one {
            let next = page.get("next").and_then(Value::as_str);
            self.next = next.map(str::to_owned);
        }
        Ok(Some((bytes, page, position)))
    }

    /// Writes the answer as the service wrote it: one page where there is one, and otherwise the
    /// first with the rows of all, which are called `list`, and no next.
    ///
    /// # Errors
    /// A [`Failure`] where a page is refused, or cannot be written.
    pub(crate) async fn write(mut self, list: &str, file: &FileFlags) -> Result<(), Failure> {
        // A file that is there is kept until there is an answer.
        let Some((first, ..)) = self.next().await? else {
            return Ok(());
        };
        let mut sink = file.open()?;
        if self.next.is_none() {
            sink.write(&first)?;
            return sink.end();
        }
        let Fields(fields) = serde_json::from_slice(&first).or_unreachable()?;
        for (at, (name, value)) in fields.iter().enumerate() {
            let before = if at == 0 { '{' } else { ',' };
            let key = Value::from(name.as_str());
            if name != list {
                let value = if name == "next" { "null" } else { value.get() };
                sink.write(format!("{before}{key}:{value}").as_bytes())?;
                continue;
            }
            sink.write(format!("{before}{key}:[{}", rows(value.get())).as_bytes())?;
            while let Some((page, ..)) = self.next().await? {
                let page: Fields = serde_json::from_slice(&page).or_unreachable()?;
                let more = page.find(list).map(rows).unwrap_or_default();
                if !more.is_empty() {
                    sink.write(format!(",{more}").as_bytes())?;
                }
            }
            sink.write(b"]")?;
        }
        sink.write(b"}")?;
        sink.end()
    }

    /// The pages as one answer, whose rows are called `list`.
    ///
    /// # Errors
    /// A [`Failure`] where one is refused.
    pub(crate) async fn whole(mut self, list: &str) -> Result<Whole, Failure> {
        let (mut answer, mut rows, mut known) = (Page::new(), Vec::new(), 0);
        while let Some((_, mut page, position)) = self.next().await? {
            if let Some(Value::Array(more)) = page.remove(list) {
                rows.extend(more);
            }
            (answer, known) = (page, position);
            self.progress.say(format_args!("{} {list}", rows.len()));
        }
        self.progress.end();
        answer.insert(list.to_owned(), Value::Array(rows));
        Ok(Whole {
            answer: Value::Object(answer),
            position: known,
        })
    }
}

impl Fields {
    /// What a field says.
    fn find(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter();
        let found = fields.find(|(known, _)| known == name);
        found.map(|(_, value)| value.get())
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a page")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// The rows of a list as they were written, without its brackets.
fn rows(list: &str) -> &str {
    let rows = list.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    rows.unwrap_or_default().trim()
}
