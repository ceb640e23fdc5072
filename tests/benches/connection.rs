//! A connection to a server that is kept alive: the least that asks again and again.
//!
//! It reads an answer whole and understands its status and length, nothing else.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::measure::Failure;

/// A connection that is kept alive.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let received = Vec::with_capacity(4_096);
        Ok(Self { stream, received })
    }

    /// Posts a record, which must be taken.
    pub(crate) async fn record(&mut self, record: &str) -> Result<(), Failure> {
        let request = format!(
            "POST /v1/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{record}",
            record.len()
        );
        match self.send(&request).await? {
            201 => Ok(()),
            status => {
                let answer = String::from_utf8_lossy(&self.received);
                Err(format!("a record was answered with {status}: {answer}").into())
            }
        }
    }

    /// Head and body of the last answer.
    pub(crate) fn received(&self) -> (&str, &[u8]) {
        let end = self.received.windows(4).position(|it| it == b"\r\n\r\n");
        let (head, body) = self.received.split_at(end.map_or(0, |end| end + 4));
        (std::str::from_utf8(head).unwrap_or_default(), body)
    }

    /// Sends a request, reads its answer whole, and gives the status.
    pub(crate) async fn send(&mut self, request: &str) -> Result<u16, Failure> {
        self.stream.write_all(request.as_bytes()).await?;
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some((status, length)) = head(&self.received)
                && self.received.len() >= length
            {
                return Ok(status);
            }
        }
    }
}

/// The status and the whole length of an answer, once its head is there.
fn head(answer: &[u8]) -> Option<(u16, usize)> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(answer.get(..end)?).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        value.trim().parse::<usize>().ok().filter(|_| is_length)
    });
    Some((status, end + length.unwrap_or_default()))
}
