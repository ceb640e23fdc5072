//! The real server as a process of its own: one record to a request, connections kept alive.
//!
//! Both ends of each connection share this machine's processors.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use events::names::LineId;

use crate::connection::Connection;
use crate::measure::{Client, Failure, Measured, Watched, drive};
use crate::records::{CAPITAL, CONTRACT, PREPARING, Vouchers, lines};

/// The binary; its package is built by [`Server::build`].
const BINARY: &str = "outlay";

/// How often, and how many times, a server is asked whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(20);
const ASK_TIMES: usize = 1_000;

/// `outlay serve` over a fresh folder, stopped when it is dropped.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
    lines: Arc<Vec<LineId>>,
    phase: usize,
}

impl Server {
    /// Builds the binary as benchmarks are built; otherwise says why there is none.
    pub(crate) fn build() -> Result<Result<PathBuf, String>, Failure> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args([
                "build",
                "--quiet",
                "--profile",
                "bench",
                "--package",
                BINARY,
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()?;
        if !built.status.success() {
            let said = String::from_utf8_lossy(&built.stderr);
            let why = said.lines().next().unwrap_or("it cannot be built");
            return Ok(Err(format!("there is no binary `{BINARY}`: {why}")));
        }
        // Benchmarks run in `release/deps`, beside which binaries are put.
        let here = std::env::current_exe()?;
        let binary = here.parent().and_then(Path::parent);
        let binary = binary.map(|folder| folder.join(BINARY));
        Ok(binary
            .filter(|binary| binary.is_file())
            .ok_or_else(|| format!("`{BINARY}` was built, but is not beside this benchmark")))
    }

    /// Starts the server, waits until it is ready, and prepares the lines.
    pub(crate) async fn start(binary: &Path, folder: &Path) -> Result<Self, Failure> {
        let mut process = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // To a file, as services log; a pipe would wake this process for each line.
            .stderr(File::create(folder.join("server.log"))?)
            .spawn()?;
        let announced = announced(&mut process);
        let mut server = Self {
            process,
            address: ([127, 0, 0, 1], 0).into(),
            lines: Arc::new(lines()?),
            phase: 0,
        };
        server.address = announced?;
        server.wait_until_ready().await?;
        server.prepare().await?;
        Ok(server)
    }

    /// What `clients` achieve, each on a connection of its own.
    pub(crate) async fn measure(
        &mut self,
        clients: usize,
        window: Duration,
    ) -> Result<Measured, Failure> {
        self.phase += 1;
        let mut senders = Vec::new();
        for number in 0..clients {
            let vouchers = Vouchers::new(Arc::clone(&self.lines), self.phase, number);
            senders.push(Sender {
                connection: Connection::open(self.address).await?,
                vouchers,
            });
        }
        let watched = Watched {
            commits: None,
            process: self.process.id(),
        };
        let (measured, _) = drive(senders, window, watched).await?;
        Ok(measured)
    }

    async fn wait_until_ready(&self) -> Result<(), Failure> {
        let request = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";
        for _ in 0..ASK_TIMES {
            if let Ok(mut connection) = Connection::open(self.address).await
                && connection.send(request).await? == 200
            {
                return Ok(());
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        Err("the server is not ready".into())
    }

    async fn prepare(&self) -> Result<(), Failure> {
        let share = self.lines.len().div_ceil(PREPARING);
        let mut preparing = Vec::new();
        for lines in self.lines.chunks(share) {
            let (lines, mut connection) = (lines.to_vec(), Connection::open(self.address).await?);
            preparing.push(tokio::spawn(async move {
                for line in lines {
                    let amount = format!(r#""amount":"{CAPITAL}""#);
                    let basis = format!(r#"{amount},"basis":"assigned""#);
                    let record = body("allocation", line, "QD-2024-000001", &basis);
                    connection.record(&record).await?;
                    let record = body("commitment", line, CONTRACT, &amount);
                    connection.record(&record).await?;
                }
                Ok::<_, Failure>(())
            }));
        }
        for prepared in preparing {
            prepared.await??;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Sender {
    connection: Connection,
    vouchers: Vouchers,
}

impl Client for Sender {
    async fn once(&mut self) -> Result<(), Failure> {
        let (line, reference) = self.vouchers.next()?;
        let details = format!(r#""amount":"1782000","kind":"payment","commitment":"{CONTRACT}","#)
            + r#""project":"DA-2024-017","commune":"02710""#;
        let record = body("disbursement", line, &reference, &details);
        self.connection.record(&record).await
    }
}

fn body(record: &str, line: LineId, reference: &str, details: &str) -> String {
    let year = line.year().number();
    format!(r#"{{"record":"{record}","reference":"{reference}","effective_on":"{year}-03-01","#)
        + &format!(r#""line":"{line}","note":"Thanh toan khoi luong hoan thanh dot 3","#)
        + &format!(r#""document":{{"number":"27/KBNN"}},{details}}}"#)
}

/// The address that a server prints first.
fn announced(process: &mut Child) -> Result<SocketAddr, Failure> {
    let mut said = String::new();
    if let Some(output) = process.stdout.take() {
        BufReader::new(output).read_line(&mut said)?;
    }
    let address = said
        .split("http://")
        .nth(1)
        .map(|address| address.trim().parse());
    match address {
        Some(Ok(address)) => Ok(address),
        _ => Err(format!("the server said '{}', not where it listens", said.trim()).into()),
    }
}
