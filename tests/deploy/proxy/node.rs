//! A node as the proxy sees one: it says whether it is ready, answers with its name, and keeps what
//! it heard. It knows no record and no rule.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conduct {
    /// It is ready and answers.
    Answers,
    /// It says of everything that it is not ready.
    CatchesUp,
    /// It says that it is ready, and hangs up on everything else once it has heard it.
    HangsUp,
}

/// A request that a node heard to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: u64,
    pub(crate) has_credentials: bool,
}

struct Shared {
    name: &'static str,
    conduct: Mutex<Conduct>,
    heard: Mutex<Vec<Heard>>,
    /// Whether those who follow events are told the second.
    goes_on: Mutex<bool>,
    went_on: Condvar,
    is_leaving: Mutex<bool>,
}

/// A node that listens until it is dropped; from then on it is gone.
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

impl Drop for Node {
    fn drop(&mut self) {
        *lock(&self.shared.is_leaving) = true;
        self.go_on();
        // Whoever listens looks whether it is to leave with each caller.
        let _ = TcpStream::connect(self.address);
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

impl Node {
    /// A node that answers with `name`.
    pub(crate) fn start(name: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            name,
            conduct: Mutex::new(Conduct::Answers),
            heard: Mutex::default(),
            goes_on: Mutex::new(false),
            went_on: Condvar::new(),
            is_leaving: Mutex::new(false),
        });
        let listens = Arc::clone(&shared);
        let listening = thread::spawn(move || {
            for caller in listener.incoming() {
                if *lock(&listens.is_leaving) {
                    return;
                }
                let shared = Arc::clone(&listens);
                let caller = caller.expect("a caller");
                // Who hangs up in the middle is none of the node's business.
                thread::spawn(move || shared.serve(&caller).unwrap_or_default());
            }
        });
        Self {
            address,
            shared,
            listening: Some(listening),
        }
    }

    pub(crate) fn conduct(&self, conduct: Conduct) {
        *lock(&self.shared.conduct) = conduct;
    }

    /// What it heard, but for questions whether it is ready.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        let heard = lock(&self.shared.heard).clone();
        heard.into_iter().filter(|it| it.path != READY).collect()
    }

    /// Tells who follows events the second of them.
    pub(crate) fn go_on(&self) {
        *lock(&self.shared.goes_on) = true;
        self.shared.went_on.notify_all();
    }
}

const READY: &str = "/readyz";

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panicked with it")
}

fn respond(mut stream: &TcpStream, status: &str, said: &str) -> std::io::Result<()> {
    let length = said.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{said}"
    )
}

impl Shared {
    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return Ok(());
        };
        let mut heard = Heard {
            method,
            path,
            body: 0,
            has_credentials: false,
        };
        let mut is_ours = true;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let header = header.trim_end().to_ascii_lowercase();
            let Some((name, value)) = header.split_once(':') else {
                break;
            };
            let names = ["host", "origin"].contains(&name);
            let loopback = ["localhost", "127.0.0.1"];
            let is_loopback =
                |it: &&str| value.trim().trim_start_matches("http://").starts_with(it);
            is_ours &= !names || loopback.iter().any(is_loopback);
            match name {
                "content-length" => heard.body = value.trim().parse().expect("a length"),
                "authorization" => heard.has_credentials = true,
                _ => {}
            }
        }
        let read = std::io::copy(&mut reader.take(heard.body), &mut std::io::sink())?;
        assert_eq!(read, heard.body, "a body that ends early");
        let path = heard.path.clone();
        lock(&self.heard).push(heard);
        if path == READY && !is_ours {
            // As a node does that is asked by a name that is none of its own.
            return respond(stream, "421 Misdirected Request", "not mine");
        }
        self.answer(stream, &path)
    }

    fn answer(&self, stream: &TcpStream, path: &str) -> std::io::Result<()> {
        let conduct = *lock(&self.conduct);
        let (status, said) = match conduct {
            Conduct::Answers | Conduct::HangsUp if path == READY => ("200 OK", "{}"),
            Conduct::Answers if path == "/v1/events/live" => return self.stream(stream),
            Conduct::Answers => ("200 OK", self.name),
            Conduct::CatchesUp => ("503 Service Unavailable", "catching up"),
            Conduct::HangsUp => return Ok(()),
        };
        respond(stream, status, said)
    }

    /// An event at once, and another when the test says so.
    fn stream(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        stream.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n",
        )?;
        stream.write_all(b"data: first\n\n")?;
        let waits = |goes_on: &mut bool| !*goes_on;
        let going = self.went_on.wait_while(lock(&self.goes_on), waits);
        drop(going.expect("nobody panicked with it"));
        stream.write_all(b"data: second\n\n")
    }
}
