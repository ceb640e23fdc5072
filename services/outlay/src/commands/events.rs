//! `outlay events`: the log, event by event.

use clap::{Args, ValueEnum};
use reports::answers;
use serde_json::Value;

use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::flags::ServiceFlags;
use crate::output::FileFlags;
use crate::pages::Pages;
use crate::question::Parameters;
use crate::service::Service;
use crate::shown::list;
use crate::table::{Side, Table, grouped};
use crate::terminal;
use crate::text::Text;

/// What `events` takes.
#[derive(Debug, Args)]
pub(crate) struct EventsFlags {
    /// Only events after this position [default: 0, the start]
    #[arg(long, value_name = "POSITION")]
    after: Option<String>,
    /// At most so many, up to 1000 [default: 100; all as csv, xlsx and ndjson]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<String>,
    /// Only of this stream, such as registry-provinces
    #[arg(long)]
    stream: Option<String>,
    /// Only of this name, such as line.disbursed
    #[arg(long)]
    name: Option<String>,
    /// Only of this line, such as NTM/10/2024/central/investment
    #[arg(long)]
    line: Option<String>,
    /// Only with this reference
    #[arg(long)]
    reference: Option<String>,
    /// Only effective on or after this day
    #[arg(long, value_name = "DAY")]
    effective_from: Option<String>,
    /// Only effective on or before this day
    #[arg(long, value_name = "DAY")]
    effective_to: Option<String>,
    #[command(flatten)]
    pub(crate) service: ServiceFlags,
    /// How to give them: json is the service's own page, ndjson its own lines of all events
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    file: FileFlags,
}

/// How events are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    #[default]
    Table,
    Json,
    Ndjson,
    Csv,
    Xlsx,
}

impl EventsFlags {
    fn parameters(&self) -> Parameters {
        Parameters::default()
            .with("after", self.after.as_ref())
            .with("stream", self.stream.as_ref())
            .with("name", self.name.as_ref())
            .with("line", self.line.as_ref())
            .with("reference", self.reference.as_ref())
            .with("effective_from", self.effective_from.as_ref())
            .with("effective_to", self.effective_to.as_ref())
    }

    fn path(&self) -> String {
        let parameters = self.parameters().with("limit", self.limit.as_ref());
        parameters.path("/v1/events")
    }
}

/// Asks, and prints the answer.
///
/// # Errors
/// A [`Failure`] where there is nobody to ask, or the question is refused.
pub(crate) async fn run(config: &Config, flags: EventsFlags) -> Result<(), Failure> {
    if flags.output == Output::Xlsx {
        flags.file.refuse_noise(terminal::is_terminal())?;
    }
    let service = Service::to_ask(&flags.service, config).await?;
    match flags.output {
        Output::Table => {
            let reply = service.get(&flags.path(), "application/json").await?;
            let page: Value = serde_json::from_slice(&reply.bytes().await?).or_unreachable()?;
            flags
                .file
                .write_text(&shown(&page, flags.file.is_coloured()))
        }
        Output::Json => {
            let page = service.get(&flags.path(), "application/json").await?;
            flags.file.write(&page.bytes().await?)
        }
        Output::Ndjson => passed_on(&service, &flags).await,
        Output::Csv | Output::Xlsx => tabled(&service, &flags).await,
    }
}

/// Writes the service's own lines as they come.
async fn passed_on(service: &Service, flags: &EventsFlags) -> Result<(), Failure> {
    let mut reply = service.get(&flags.path(), "application/x-ndjson").await?;
    let mut sink = flags.file.open()?;
    while let Some(chunk) = reply.next_chunk().await? {
        sink.write(&chunk)?;
    }
    sink.end()
}

/// Writes all events as a table, a row each.
async fn tabled(service: &Service, flags: &EventsFlags) -> Result<(), Failure> {
    let parameters = flags.parameters();
    let limit = flags.limit.as_deref();
    let pages = Pages::of(service, "/v1/events", parameters.clone(), limit);
    let table = parameters.beside(answers::events(&pages.whole("events").await?.answer));
    if flags.output == Output::Xlsx {
        return flags.file.write_workbook(&table);
    }
    flags.file.write_csv(&table)
}

/// A page of events, and how to come to the next.
fn shown(page: &Value, coloured: bool) -> Text {
    let columns = [
        ("position", Side::Right),
        ("recorded at", Side::Left),
        ("effective on", Side::Left),
        ("event", Side::Left),
        ("stream", Side::Left),
        ("reference", Side::Left),
        ("amount", Side::Right),
    ];
    let mut table = Table::new(columns);
    let events = list(page, "events");
    for event in events {
        let text = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
        table.push(vec![
            event["position"].to_string(),
            text("recorded_at"),
            text("effective_on"),
            text("name"),
            text("stream"),
            text("reference"),
            event
                .pointer("/data/amount")
                .and_then(Value::as_str)
                .map(grouped)
                .unwrap_or_default(),
        ]);
    }
    let mut text = table.render(coloured);
    if let (false, Some(last)) = (page["next"].is_null(), events.last()) {
        text.gap();
        text.line(format_args!("There are more: --after {}", last["position"]));
    }
    text
}
