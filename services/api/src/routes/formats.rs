//! The formats of answers with rows: JSON, or a table of the same rows as CSV or as a workbook.
//! One mechanism for all of them, so that every such answer takes the same formats.

use axum::http::HeaderMap;
use reports::{Table, csv, xlsx};
use serde::Serialize;
use serde_json::Value;

use crate::body::{self, CSV, JSON, XLSX, negotiate};
use crate::error::ApiError;
use crate::figures::question::FILTERS;
use crate::openapi::Operation;
use crate::query::Parameters;
use crate::routes::tagged::with_tag;

/// Formats that `?format=` names.
const FORMATS: &[&str] = &["json", "csv", "xlsx"];

/// The parameters that say in which form an answer is given.
pub(crate) const FORM: &[&str] = &["format", "bom"];

/// The byte-order mark, by which a spreadsheet knows that a CSV is UTF-8.
const MARK: &str = "\u{feff}";

/// In which form an answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Csv { marked: bool },
    Xlsx,
}

/// Bytes of an answer in the media type that was asked for.
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    pub(crate) media_type: &'static str,
    /// How the header names its file, where it is one.
    pub(crate) disposition: Option<String>,
}

/// Tells of an answer with figures that is given in every format, by the schema of its JSON.
pub(crate) fn with_formats(
    operation: Operation,
    meaning: &'static str,
    schema: &'static str,
) -> Operation {
    let operation = operation.word("format", FORMATS, "Overrides Accept.").word(
        "bom",
        &["true", "false"],
        "Whether a CSV begins with a byte-order mark, by which spreadsheets know UTF-8; other \
             formats have none.",
    );
    let content = [(JSON, schema), (CSV, "text"), (XLSX, "binary")];
    with_tag(operation, meaning, &content)
}

impl Format {
    /// The format that `format` names, or else the one that is liked best.
    pub(crate) fn of(parameters: &Parameters, headers: &HeaderMap) -> Result<Self, ApiError> {
        let marked = parameters.find("bom").is_none() || parameters.flag("bom")?;
        let named = parameters.word("format", FORMATS, |word| match word {
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv { marked }),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        })?;
        if let Some(named) = named {
            return Ok(named);
        }
        Ok(match negotiate(headers, &[JSON, CSV, XLSX])? {
            CSV => Self::Csv { marked },
            XLSX => Self::Xlsx,
            _ => Self::Json,
        })
    }

    /// Writes `answer`, of which `table` makes the table; off the threads that serve others.
    pub(crate) async fn write<A: Serialize + Send + 'static>(
        self,
        answer: A,
        table: impl FnOnce(&Value) -> Table + Send + 'static,
    ) -> Result<Written, ApiError> {
        let written = tokio::task::spawn_blocking(move || self.written(&answer, table)).await;
        written.map_err(|_| ApiError::Panicked)?
    }

    fn written(
        self,
        answer: &impl Serialize,
        table: impl FnOnce(&Value) -> Table,
    ) -> Result<Written, ApiError> {
        if self == Self::Json {
            return Ok(Written::json(answer));
        }
        let answer = serde_json::to_value(answer).map_err(|error| {
            tracing::error!(%error, "an answer cannot be written");
            ApiError::Panicked
        })?;
        let table = table(&answer);
        let name = table.name;
        let mark = if self == (Self::Csv { marked: true }) {
            MARK
        } else {
            ""
        };
        let file = |extension| Some(format!("attachment; filename=\"{name}.{extension}\""));
        match self {
            Self::Xlsx => Ok(Written {
                bytes: xlsx::write(&table).map_err(|error| ApiError::parameter("format", error))?,
                media_type: XLSX,
                disposition: file("xlsx"),
            }),
            Self::Csv { .. } | Self::Json => Ok(Written {
                bytes: [mark, &csv::write(&table)].concat().into_bytes(),
                media_type: "text/csv; charset=utf-8; header=present",
                disposition: file("csv"),
            }),
        }
    }
}

impl Written {
    /// An answer in JSON.
    pub(crate) fn json(answer: &impl Serialize) -> Self {
        Self {
            bytes: body::json(answer),
            media_type: JSON,
            disposition: None,
        }
    }
}

/// What `parameters` let through and group by, as a workbook says it beside the figures.
pub(crate) fn narrowing(parameters: &Parameters) -> impl Fn(Table) -> Table + use<> {
    let said: Vec<_> = FILTERS
        .iter()
        .chain(&["by"])
        .filter_map(|name| Some((*name, parameters.find(name)?.to_owned())))
        .collect();
    move |table| {
        said.iter()
            .fold(table, |table, (name, value)| table.asked(name, value))
    }
}
