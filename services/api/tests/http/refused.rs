//! Requests that are refused before their body is read: who sends all of it first and listens
//! later hears why, and nobody is listened to for ever.

use std::time::Duration;

use api::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::sockets::{last_words, server};

const MIB: usize = 1 << 20;

/// Requests that are refused by what their head says, and with which status.
const REFUSED: [(&str, u16); 8] = [
    (
        "POST /v1/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n",
        415,
    ),
    (
        "POST /v1/records?a=b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
        400,
    ),
    (
        "POST /v1/records HTTP/1.1\r\nHost: localhost\r\nIf-Match: 1\r\nContent-Type: application/json\r\n",
        400,
    ),
    ("POST /nowhere HTTP/1.1\r\nHost: localhost\r\n", 404),
    ("PUT /v1/records HTTP/1.1\r\nHost: localhost\r\n", 405),
    (
        "POST /v1/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
        413,
    ),
    ("POST /v1/records HTTP/1.1\r\nHost: evil.example\r\n", 421),
    ("GET /v1/rates HTTP/1.1\r\nHost: localhost\r\n", 200),
];

#[tokio::test]
async fn who_sends_all_of_a_large_body_first_hears_the_answer() {
    let (address, _stop, _served) = server(Limits::default()).await;
    for (head, status) in REFUSED {
        for is_chunked in [false, true] {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            let block = vec![b' '; MIB];
            let how = if is_chunked {
                "Transfer-Encoding: chunked\r\n\r\n".to_owned()
            } else {
                format!("Content-Length: {}\r\n\r\n", 20 * MIB)
            };
            stream.write_all(how.as_bytes()).await.unwrap();
            for _ in 0..20 {
                if is_chunked {
                    stream.write_all(b"100000\r\n").await.unwrap();
                }
                stream
                    .write_all(&block)
                    .await
                    .unwrap_or_else(|error| panic!("{head}: {error}"));
                if is_chunked {
                    stream.write_all(b"\r\n").await.unwrap();
                }
            }
            if is_chunked {
                stream.write_all(b"0\r\n\r\n").await.unwrap();
            }
            let said = last_words(stream).await;
            assert!(
                said.starts_with(&format!("HTTP/1.1 {status}")),
                "{head}: {said}"
            );
            let (head, body) = said.split_once("\r\n\r\n").unwrap();
            assert!(head.contains("\r\nconnection: close"), "{head}");
            serde_json::from_str::<serde_json::Value>(body).unwrap();
        }
    }
}

/// A body that nobody wants is not asked for.
#[tokio::test]
async fn who_waits_to_be_asked_for_a_body_is_refused_without_it() {
    let (address, _stop, _served) = server(Limits::default()).await;
    for (head, status) in REFUSED {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let how = format!(
            "Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            8 * MIB
        );
        stream
            .write_all(format!("{head}{how}").as_bytes())
            .await
            .unwrap();
        let said = last_words(stream).await;
        assert!(
            said.starts_with(&format!("HTTP/1.1 {status}")),
            "{head}: {said}"
        );
    }
}

#[tokio::test]
async fn who_never_ends_a_refused_body_is_hung_up_on() {
    let limits = Limits {
        linger: Duration::from_millis(200),
        ..Limits::default()
    };
    let (address, _stop, _served) = server(limits).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let (head, _) = REFUSED[0];
    let how = format!("Content-Length: {}\r\n\r\n", 8 * MIB);
    stream
        .write_all(format!("{head}{how}").as_bytes())
        .await
        .unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await.unwrap();
    let dripping = async { while stream.write_all(b" ").await.is_ok() {} };
    let hung_up = tokio::time::timeout(Duration::from_secs(30), dripping).await;
    assert!(hung_up.is_ok(), "the service still listens");
}

#[tokio::test]
async fn shutting_down_does_not_wait_for_a_refused_body_for_ever() {
    let limits = Limits {
        linger: Duration::from_millis(200),
        ..Limits::default()
    };
    let (address, stop, served) = server(limits).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let (head, _) = REFUSED[0];
    let how = format!("Content-Length: {}\r\n\r\n", 8 * MIB);
    stream
        .write_all(format!("{head}{how}").as_bytes())
        .await
        .unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await.unwrap();
    stop.send(()).unwrap();
    let before_the_end = Limits::default().drain / 2;
    tokio::time::timeout(before_the_end, served)
        .await
        .unwrap()
        .unwrap();
}

/// What was read to its end, or had nothing to read, leaves the connection to the next request.
#[tokio::test]
async fn a_refusal_after_the_body_keeps_the_connection() {
    let (address, _stop, _served) = server(Limits::default()).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let refused = "POST /v1/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    let unknown = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let last = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream
        .write_all(format!("{refused}{unknown}{last}").as_bytes())
        .await
        .unwrap();
    let said = last_words(stream).await;
    let statuses: Vec<_> = said.split("HTTP/1.1 ").skip(1).map(|it| &it[..3]).collect();
    assert_eq!(statuses, ["400", "404", "200"], "{said}");
}
