//! Whom the service answers: who asks for one of its own names, from one of them or from no page.

use api::{Host, Hosts, Limits};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::sockets::{last_words, server_named};

/// The status and the problem, if it is one, that `request` is answered with.
async fn told(address: &str, request: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let said = last_words(stream).await;
    let status = said.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = said.split_once("\r\n\r\n").unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

/// Asks `path` with these lines in its head.
fn asking(path: &str, lines: &str) -> String {
    format!("GET {path} HTTP/1.1\r\n{lines}\r\nConnection: close\r\n\r\n")
}

fn named(names: &[&str]) -> Hosts {
    let names = names.iter().map(|name| name.parse::<Host>().unwrap());
    Hosts::new(names.collect())
}

#[tokio::test]
async fn only_the_names_of_the_service_are_answered() {
    let hosts = named(&["Ledger.example.vn", "tunnel.example:8443", "192.0.2.7"]);
    let (address, _stop, _served) = server_named(Limits::default(), hosts).await;
    for own in [
        "localhost",
        "localhost:8080",
        "LOCALHOST.",
        "outlay.localhost:1",
        "127.0.0.1:80",
        "127.9.9.9",
        "[::1]:8080",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "ledger.example.vn",
        "LEDGER.example.vn.:8080",
        "tunnel.example:8443",
        "192.0.2.7:9",
    ] {
        let (status, _) = told(&address, &asking("/healthz", &format!("Host: {own}"))).await;
        assert_eq!(status, 200, "{own}");
    }
    for other in [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evillocalhost",
        "0.0.0.0:8080",
        "[::]",
        "[::1%25lo]",
        "10.0.0.1",
        "sub.ledger.example.vn",
        "ledger.example.vn.evil.example",
        "tunnel.example",
        "tunnel.example:8444",
        "localhost@evil.example",
        "evil.example@localhost",
        "localhost, evil.example",
        "localhost/",
        "localhost:80:80",
        "xn--lcalhost-9za",
        "",
    ] {
        let head = format!("Host: {other}\r\nX-Forwarded-Host: localhost");
        let (status, problem) = told(&address, &asking("/healthz", &head)).await;
        assert_eq!(status, 421, "{other}");
        assert_eq!(problem["type"], "/problems/misdirected-request", "{other}");
        assert_eq!(problem["field"], "Host");
        let detail = problem["detail"].as_str().unwrap();
        let says = detail.contains(&format!("'{other}'")) && detail.contains("--host");
        assert!(says, "{detail}");
    }
}

#[tokio::test]
async fn it_holds_for_every_path_and_method() {
    let (address, _stop, _served) = server_named(Limits::default(), Hosts::default()).await;
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/",
        "/style.css",
        "/v1/rates",
        "/nowhere",
        "/v1/records",
    ] {
        for method in ["GET", "POST", "HEAD", "OPTIONS", "DELETE"] {
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
            );
            let (status, _) = told(&address, &request).await;
            assert_eq!(status, 421, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_request_that_names_nobody_or_several_is_refused_or_asks_for_the_only_one() {
    let (address, _stop, _served) = server_named(Limits::default(), Hosts::default()).await;
    for (request, expected) in [
        (asking("/healthz", "X-Host: localhost"), 400),
        (
            asking("/healthz", "Host: localhost\r\nHost: localhost"),
            400,
        ),
        (
            asking("/healthz", "Host: localhost\r\nHost: evil.example"),
            400,
        ),
        // A check of a load balancer.
        ("GET /healthz HTTP/1.0\r\n\r\n".to_owned(), 200),
        (
            "GET /healthz HTTP/1.0\r\nHost: evil.example\r\n\r\n".to_owned(),
            421,
        ),
        (
            asking("http://evil.example/healthz", "Host: localhost"),
            421,
        ),
        (
            asking("http://localhost@evil.example/healthz", "Host: localhost"),
            421,
        ),
        (
            asking("http://localhost/healthz", "Host: evil.example"),
            421,
        ),
        (asking("http://localhost/healthz", "Host: localhost"), 200),
    ] {
        let (status, _) = told(&address, &request).await;
        assert_eq!(status, expected, "{request}");
    }
}

#[tokio::test]
async fn a_page_of_somebody_else_is_refused() {
    let (address, _stop, _served) = server_named(Limits::default(), named(&["ours.example"])).await;
    for (origin, expected) in [
        ("http://localhost:8080", 200),
        ("https://ours.example", 200),
        ("http://[::1]:3", 200),
        ("http://evil.example", 421),
        ("http://localhost.evil.example", 421),
        ("https://localhost@evil.example", 421),
        ("null", 421),
        ("file://", 421),
        ("chrome-extension://localhost", 421),
        ("localhost", 421),
        ("http://localhost http://evil.example", 421),
        ("", 421),
    ] {
        let head = format!("Host: localhost\r\nOrigin: {origin}");
        let (status, problem) = told(&address, &asking("/v1/rates", &head)).await;
        assert_eq!(status, expected, "{origin}");
        if expected == 421 {
            assert_eq!(problem["type"], "/problems/misdirected-request", "{origin}");
            assert_eq!(problem["field"], "Origin");
        }
    }
    let both = "Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil.example";
    assert_eq!(told(&address, &asking("/v1/rates", both)).await.0, 421);
}
