//! The accept loop over real sockets: who says nothing is hung up on, who is being answered is
//! not.

use std::time::Duration;

use api::{Hosts, Limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::harness::with_history;

const SOON: Duration = Duration::from_millis(200);

/// A server with a history, its address, and what stops it.
pub(crate) async fn server(limits: Limits) -> (String, oneshot::Sender<()>, JoinHandle<()>) {
    server_named(limits, Hosts::default()).await
}

/// The same, which answers to these names besides.
pub(crate) async fn server_named(
    limits: Limits,
    hosts: Hosts,
) -> (String, oneshot::Sender<()>, JoinHandle<()>) {
    let service = with_history().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(async move {
        let stopped = async { drop(stopped.await) };
        let router = api::served(service.state.clone(), hosts);
        api::serve(listener, router, &service.state, limits, stopped).await;
    });
    (address, stop, served)
}

fn short() -> Limits {
    Limits {
        first_byte: SOON,
        header: SOON,
        ..Limits::default()
    }
}

/// Everything the server says until it hangs up, which it must do soon.
pub(crate) async fn last_words(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    let hung_up = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut said)).await;
    assert!(hung_up.is_ok(), "the connection stayed open");
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn a_silent_or_slow_head_is_hung_up_on() {
    let (address, _stop, _served) = server(short()).await;
    for head in [
        "",
        "G",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    ] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        last_words(stream).await;
    }
}

#[tokio::test]
async fn a_kept_alive_connection_that_falls_silent_is_hung_up_on() {
    let (address, _stop, _served) = server(short()).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    assert!(last_words(stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_answered_though_the_client_sends_first() {
    let (address, _stop, _served) = server(Limits::default()).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let length = 20 << 20;
    let head = format!(
        "POST /v1/records HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let block = vec![b' '; 1 << 20];
    for _ in 0..20 {
        stream.write_all(&block).await.unwrap();
    }
    assert!(last_words(stream).await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn shutting_down_ends_with_the_requests_in_flight() {
    let (address, stop, served) = server(Limits::default()).await;
    let mut busy = TcpStream::connect(&address).await.unwrap();
    let record = crate::harness::allocation("QD-2", 1).to_string();
    let head = format!(
        "POST /v1/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        record.len()
    );
    busy.write_all(head.as_bytes()).await.unwrap();
    let silent = TcpStream::connect(&address).await.unwrap();
    // The head is read once the server has answered another request after it.
    let mut other = TcpStream::connect(&address).await.unwrap();
    other
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    assert!(last_words(other).await.starts_with("HTTP/1.1 200"));
    stop.send(()).unwrap();
    last_words(silent).await;
    busy.write_all(record.as_bytes()).await.unwrap();
    assert!(last_words(busy).await.starts_with("HTTP/1.1 201"));
    tokio::time::timeout(Duration::from_secs(5), served)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn what_the_caller_has_is_told_without_a_length() {
    let (address, _stop, _served) = server(Limits::default()).await;
    let asked = "GET /v1/rates HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: *\r\nConnection: close\r\n\r\n";
    // The second is given again.
    for _ in 0..2 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(asked.as_bytes()).await.unwrap();
        let said = last_words(stream).await.to_ascii_lowercase();
        assert!(
            said.starts_with("http/1.1 304") && said.ends_with("\r\n\r\n"),
            "{said}"
        );
        assert!(
            said.contains("\r\netag: ") && !said.contains("\r\ncontent-length: "),
            "{said}"
        );
    }
}
