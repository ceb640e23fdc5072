//! `outlay alerts`: which alerts there are, what a person does about one, and when which would
//! have been raised.

#![expect(clippy::doc_markdown, reason = "the docs of a flag are its help")]

mod backtest;
mod listed;

use clap::Args;
use reports::standings;
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::flags::ServiceFlags;
use crate::output::{Output, OutputFlags};
use crate::question::{Parameters, ScopeFlags, escaped};
use crate::service::Service;
use backtest::BacktestFlags;

/// What `alerts` takes.
#[derive(Debug, Args)]
pub(crate) struct AlertsFlags {
    /// Only of these states: open, acknowledged, silenced, resolved [default: all but resolved]
    #[arg(long, value_name = "LIST", conflicts_with = "backtest")]
    state: Option<String>,
    /// Only of these rules: behind_plan, stalled, advances_overdue, detail_incomplete,
    /// plan_unassigned
    #[arg(long, value_name = "LIST")]
    rule: Option<String>,
    #[command(flatten)]
    scopes: ScopeFlags,
    #[command(flatten)]
    backtest: BacktestFlags,
    #[command(flatten)]
    asked: AskedFlags,
    #[command(flatten)]
    pub(crate) service: ServiceFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// What a person does about an alert.
#[derive(Debug, Args)]
struct AskedFlags {
    /// Take note of this alert, such as behind_plan.NTM.10.2024
    #[arg(long, value_name = "ID", conflicts_with_all = QUESTIONS, conflicts_with = "silence")]
    acknowledge: Option<String>,
    /// Hear no more of this alert until a day is over
    #[arg(long, value_name = "ID", requires = "until", conflicts_with_all = QUESTIONS)]
    silence: Option<String>,
    /// The last day of the silence
    #[arg(long, value_name = "DAY", requires = "silence")]
    until: Option<String>,
    /// A remark that is kept with it
    #[arg(long, value_name = "TEXT", conflicts_with_all = QUESTIONS)]
    note: Option<String>,
}

/// What asks about alerts, and does nothing about one.
const QUESTIONS: [&str; 6] = ["state", "rule", "programme", "province", "year", "backtest"];

/// Asks or does, and prints the answer.
///
/// # Errors
/// A [`Failure`] where there is nobody to ask, or it is refused.
pub(crate) async fn run(config: &Config, flags: AlertsFlags) -> Result<(), Failure> {
    flags.output.form()?;
    if let Some((path, body)) = flags.asked.request()? {
        let service = Service::to_add(&flags.service, config).await?;
        return ask(&service, &path, body, &flags.output).await;
    }
    let service = Service::to_ask(&flags.service, config).await?;
    let narrowed = flags.scopes.parameters().with("rule", flags.rule.as_ref());
    if flags.backtest.is_asked() {
        return backtest::run(&service, &flags.backtest, narrowed, &flags.output).await;
    }
    list(
        &service,
        narrowed.with("state", flags.state.as_ref()),
        &flags.output,
    )
    .await
}

impl AskedFlags {
    /// Where to send what; none where nothing is to be done.
    fn request(&self) -> Result<Option<(String, Value)>, Failure> {
        let (id, what) = match (&self.acknowledge, &self.silence) {
            (Some(id), _) => (id, "acknowledge"),
            (None, Some(id)) => (id, "silence"),
            (None, None) if self.note.is_some() => {
                return Err(Failure::usage(anyhow::anyhow!(
                    "--note goes with --acknowledge or --silence"
                )));
            }
            (None, None) => return Ok(None),
        };
        let fields = [("until", &self.until), ("note", &self.note)];
        let given = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))));
        let body: Map<String, Value> = given.collect();
        let path = format!("/v1/alerts/{}/{what}", escaped(id));
        Ok(Some((path, Value::Object(body))))
    }
}

/// Has something happen to an alert, and prints it as it is then.
async fn ask(
    service: &Service,
    path: &str,
    body: Value,
    output: &OutputFlags,
) -> Result<(), Failure> {
    let body = body.to_string().into_bytes();
    let reply = service.post(path, "application/json", body).await?;
    let position = reply.position().unwrap_or_default();
    let bytes = reply.bytes().await?;
    if output.form()? == Output::Json {
        return output.file().write(&bytes);
    }
    let alert: Value = serde_json::from_slice(&bytes).or_unreachable()?;
    let answer = json!({"position": position, "alerts": [alert]});
    write(&answer, &Parameters::default(), output)
}

async fn list(
    service: &Service,
    parameters: Parameters,
    output: &OutputFlags,
) -> Result<(), Failure> {
    let path = parameters.path("/v1/alerts");
    let bytes = service.get(&path, Output::Json.accept()).await?;
    let bytes = bytes.bytes().await?;
    if output.form()? == Output::Json {
        return output.file().write(&bytes);
    }
    let answer: Value = serde_json::from_slice(&bytes).or_unreachable()?;
    write(&answer, &parameters, output)
}

/// Writes alerts in any form but that of the service.
fn write(answer: &Value, asked: &Parameters, output: &OutputFlags) -> Result<(), Failure> {
    let file = output.file();
    let table = || asked.beside(standings::alerts(answer));
    match output.form()? {
        Output::Csv => file.write_csv(&table()),
        Output::Xlsx => file.write_workbook(&table()),
        Output::Table | Output::Json => file.write_text(&listed::shown(answer, file.is_coloured())),
    }
}
