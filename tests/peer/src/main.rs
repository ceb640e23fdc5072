//! The peer as a program, for scripts and for people who want to try a cluster without having one.
//!
//! It says where it speaks and runs until it is told to stop. What is written to it is gone then.

use std::process::ExitCode;

use peer::{Cluster, Options};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: peer [--nodes N] [--port P] [--tls] [--user U --password P]";

#[tokio::main]
async fn main() -> ExitCode {
    match run(std::env::args().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("peer: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let options = options(arguments)?;
    let started = Cluster::start(options).await;
    let cluster = started.map_err(|error| format!("cannot start: {error}"))?;
    say(&cluster);
    told_to_stop().await.map_err(|error| error.to_string())
}

#[expect(clippy::print_stdout, reason = "scripts read the address from here")]
fn say(cluster: &Cluster) {
    println!("peer speaks at {}", cluster.connection_string());
}

async fn told_to_stop() -> std::io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    let mut user = None;
    let mut password = None;
    while let Some(argument) = arguments.next() {
        let mut value = || {
            let value = arguments.next();
            value.ok_or_else(|| format!("'{argument}' needs a value\n{USAGE}"))
        };
        match argument.as_str() {
            "--nodes" => options.nodes = number(&argument, &value()?)?,
            "--port" => options.port = Some(number(&argument, &value()?)?),
            "--tls" => options.tls = true,
            "--user" => user = Some(value()?),
            "--password" => password = Some(value()?),
            _ => return Err(format!("'{argument}' is not known\n{USAGE}")),
        }
    }
    options.credentials = match (user, password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        _ => return Err(format!("give '--user' and '--password' together\n{USAGE}")),
    };
    Ok(options)
}

fn number<N: std::str::FromStr>(argument: &str, value: &str) -> Result<N, String> {
    let parsed = value.parse();
    parsed.map_err(|_| format!("'{argument} {value}' is not a number that fits\n{USAGE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &str) -> Result<Options, String> {
        options(arguments.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_say_how_the_cluster_is() {
        let asked = parse("--nodes 3 --port 2111 --tls --user ops --password secret");
        let expected = Options {
            nodes: 3,
            port: Some(2111),
            tls: true,
            credentials: Some(("ops".to_owned(), "secret".to_owned())),
            ..Options::default()
        };
        assert_eq!(asked, Ok(expected));
        assert_eq!(parse(""), Ok(Options::default()));
    }

    #[test]
    fn what_is_not_understood_is_refused_with_what_would_be() {
        for (arguments, problem) in [
            ("--node 3", "'--node' is not known"),
            ("--nodes", "'--nodes' needs a value"),
            ("--port 70000", "'--port 70000' is not a number that fits"),
            ("--user ops", "give '--user' and '--password' together"),
        ] {
            let refused = parse(arguments).expect_err("it is refused");
            assert_eq!(refused, format!("{problem}\n{USAGE}"));
        }
    }
}
