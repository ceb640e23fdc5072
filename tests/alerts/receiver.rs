//! Somebody who hears of alerts: over HTTP, on one port for all who tell. It may be away, and it may
//! be slow to answer.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::patience::until;
use crate::service::SECRET;

/// One call, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The path.
    pub(crate) path: String,
    /// Names, in lower case, and values.
    headers: Vec<(String, String)>,
    /// The text.
    pub(crate) body: String,
}

impl Call {
    /// The value of the header `name`, which is there once.
    #[track_caller]
    fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(it, _)| it == name);
        let (_, value) = values.next().unwrap_or_else(|| panic!("no {name}"));
        assert!(values.next().is_none(), "{name} is there twice");
        value
    }

    /// The text as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// What a repeat is known by, once the signature is found to be right.
    #[track_caller]
    pub(crate) fn signed_id(&self) -> &str {
        let (id, at) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
        mac.update(format!("{id}.{at}.{}", self.body).as_bytes());
        let expected = STANDARD.encode(mac.finalize().into_bytes());
        let signature = self.header("webhook-signature");
        assert_eq!(signature, format!("v1,{expected}"));
        id
    }
}

/// What a receiver and its threads know.
#[derive(Debug, Default)]
struct Heard {
    calls: Vec<Call>,
    is_held: bool,
    is_closed: bool,
}

/// What they share.
#[derive(Debug, Default)]
struct Shared {
    heard: Mutex<Heard>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap()
    }

    fn change(&self, change: impl FnOnce(&mut Heard)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

/// A server that notes every call and answers it with 200.
pub(crate) struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.close();
    }
}

impl Receiver {
    /// One that listens.
    pub(crate) fn open() -> Self {
        let mut receiver = Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            shared: Arc::default(),
            listening: None,
        };
        receiver.reopen();
        receiver
    }

    /// Where `path` is.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Listens again where it did.
    pub(crate) fn reopen(&mut self) {
        let listener = TcpListener::bind(self.address).unwrap();
        self.address = listener.local_addr().unwrap();
        self.shared.change(|heard| heard.is_closed = false);
        let shared = Arc::clone(&self.shared);
        self.listening = Some(thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.lock().is_closed {
                    return;
                }
                let (shared, stream) = (Arc::clone(&shared), stream.unwrap());
                thread::spawn(move || answer(&shared, stream));
            }
        }));
    }

    /// Listens no more: who calls finds nobody there.
    pub(crate) fn close(&mut self) {
        self.shared.change(|heard| heard.is_closed = true);
        if let Some(listening) = self.listening.take() {
            // A call wakes who listens. The port may be closed already where that failed.
            let _ = TcpStream::connect(self.address);
            let _ = listening.join();
        }
    }

    /// Keeps its answers back until it is released.
    pub(crate) fn hold(&self) {
        self.shared.change(|heard| heard.is_held = true);
    }

    /// Answers, also whom it kept waiting.
    pub(crate) fn release(&self) {
        self.shared.change(|heard| heard.is_held = false);
    }

    /// The calls to `path` until now, in their order.
    pub(crate) fn calls(&self, path: &str) -> Vec<Call> {
        let calls = self.shared.lock().calls.clone().into_iter();
        calls.filter(|call| call.path == path).collect()
    }

    /// What `find` finds in the calls to `path`, as soon as it does.
    #[track_caller]
    pub(crate) fn wait<T>(&self, what: &str, path: &str, find: impl Fn(&[Call]) -> Option<T>) -> T {
        until(what, || find(&self.calls(path)))
    }
}

fn answer(shared: &Shared, mut stream: TcpStream) {
    // Whoever was killed in the middle of a call was not heard.
    let Some(call) = read(&stream) else {
        return;
    };
    shared.change(|heard| heard.calls.push(call));
    let is_waiting = |heard: &mut Heard| heard.is_held && !heard.is_closed;
    let waited = shared.changed.wait_while(shared.lock(), is_waiting);
    drop(waited.unwrap());
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    // A caller that was killed does not hear it.
    let _ = stream.write_all(answer.as_bytes());
}

/// One HTTP call; nothing where it ends before it is whole.
fn read(stream: &TcpStream) -> Option<Call> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.strip_suffix("\r\n")? {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let path = lines.first()?.split(' ').nth(1)?.to_owned();
    let header = |line: &String| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    let headers: Vec<_> = lines.iter().skip(1).filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length?.1.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Call {
        path,
        headers,
        body: String::from_utf8(body).ok()?,
    })
}
