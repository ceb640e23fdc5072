//! Servers of the tests' own: what they were sent, and what they answer.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver as Queue};
use std::thread;
use std::time::Duration;

/// One call, as it came.
#[derive(Debug)]
pub(crate) struct Call {
    /// The request line.
    pub(crate) line: String,
    /// Names, in lower case, and values.
    pub(crate) headers: Vec<(String, String)>,
    /// The text.
    pub(crate) body: String,
}

impl Call {
    /// The value of the header `name`, which is there once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(it, _)| it == name);
        let (_, value) = values.next().unwrap_or_else(|| panic!("no {name}"));
        assert!(values.next().is_none(), "{name} is there twice");
        value
    }
}

/// A server that takes every call and answers it in one way.
pub(crate) struct Receiver {
    address: SocketAddr,
    calls: Queue<Call>,
}

impl Receiver {
    /// A server that does `answer` after each call.
    pub(crate) fn doing(answer: impl Fn(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, calls) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let told = sender.send(read(&mut stream));
                if told.is_err() {
                    return;
                }
                answer(stream);
            }
        });
        Self { address, calls }
    }

    /// A server that answers with these bytes.
    pub(crate) fn answering(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        // A peer that has heard enough may be gone.
        Self::doing(move |mut stream| drop(stream.write_all(answer.as_bytes())))
    }

    /// A server that never answers, and waits until the caller has had enough.
    pub(crate) fn hanging() -> Self {
        Self::doing(|mut stream| drop(stream.read_to_end(&mut Vec::new())))
    }

    /// A server that begins with `head` and goes on with `more` for a gigabyte, or until nobody
    /// listens; and how many bytes it could send each time.
    pub(crate) fn pouring(head: &'static str, more: &'static str) -> (Self, Queue<usize>) {
        let (told, sent) = mpsc::channel();
        let receiver = Self::doing(move |mut stream| {
            let chunk = more.repeat(64 * 1024 / more.len());
            let mut poured = 0;
            let mut result = stream.write_all(head.as_bytes());
            while result.is_ok() && poured < 1 << 30 {
                result = stream.write_all(chunk.as_bytes());
                poured += chunk.len();
            }
            told.send(poured).unwrap();
        });
        (receiver, sent)
    }

    /// A server that sends `head`, and then `drop` every few milliseconds until nobody listens.
    pub(crate) fn dripping(head: &'static str, drop: &'static str) -> Self {
        Self::doing(move |mut stream| {
            stream.write_all(head.as_bytes()).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_millis(20)))
                .unwrap();
            // Listening is what keeps the time.
            while matches!(stream.read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
            {
                if stream.write_all(drop.as_bytes()).is_err() {
                    return;
                }
            }
        })
    }

    /// Where it is, as `scheme`.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}/hooks/1?from=outlay", self.address)
    }

    /// The calls until now.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.try_iter().collect()
    }
}

/// One HTTP call; anything else is told as its first bytes.
fn read(stream: &mut TcpStream) -> Call {
    let mut first = [0];
    let read = stream.peek(&mut first).unwrap_or_default();
    if read == 0 || !first[0].is_ascii_uppercase() {
        let mut bytes = [0; 4096];
        let length = stream.read(&mut bytes).unwrap_or_default();
        return Call {
            line: String::from_utf8_lossy(&bytes[..length]).into_owned(),
            headers: Vec::new(),
            body: String::new(),
        };
    }
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let line = lines.remove(0);
    let header = |line: String| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    };
    let headers: Vec<_> = lines.into_iter().map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    Call {
        line,
        headers,
        body: String::from_utf8(body).unwrap(),
    }
}

/// A server that nobody should call.
pub(crate) struct Untouched(TcpListener);

impl Untouched {
    /// One that listens on `address`.
    pub(crate) fn on(address: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// Checks that nobody has connected.
    #[track_caller]
    pub(crate) fn is_untouched(&self) {
        let error = self.0.accept().expect_err("nobody connects");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
}
