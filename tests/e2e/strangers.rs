//! What answers where a server should, and is none of ours: login pages, error pages, redirects,
//! answers that break off. Each is told as what it is, and nothing of it is taken for an answer.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use tempfile::tempdir;

use crate::outlay::{run, run_with, text};
use crate::records::allocation;

/// What comes before the body of a login page.
const LOGIN: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8";

/// The address of something that answers every request with this head and body.
fn stranger(head: &str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let length = body.len();
    let answer = format!("{head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    answering(listener, answer);
    address
}

/// Answers every request of `listener` with these bytes.
fn answering(listener: TcpListener, answer: String) {
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            take_request(&stream);
            let _ = (&stream).write_all(answer.as_bytes());
        }
    });
}

/// Reads a request to its end: who sends first and listens later hears the answer.
fn take_request(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    for line in (&mut reader).lines().map_while(Result::ok) {
        let line = line.to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line.is_empty() {
            break;
        }
    }
    let _ = reader.read_exact(&mut vec![0; length]);
}

#[track_caller]
fn is_told(address: &str, flags: &[&str], told: &[&str]) {
    let asked = run(&[flags, &["--server", address]].concat()).ends(3);
    assert_eq!(asked.stdout, "");
    let all = ["something else than outlay answers", address, "--server"];
    for what in all.iter().chain(told) {
        assert!(asked.stderr.contains(what), "no '{what}': {}", asked.stderr);
    }
}

#[test]
fn a_login_page_is_told_as_one_whatever_was_asked() {
    let address = stranger(LOGIN, "<html><form>log in</form></html>");
    for question in [
        &["rates"][..],
        &["rates", "-o", "json"],
        &["rates", "-o", "csv"],
        &["rates", "-o", "xlsx"],
        &["series"],
        &["explain", "--measure", "plan"],
        &["compare", "--from", "0"],
        &["behind"],
        &["alerts"],
        &["alerts", "--acknowledge", "behind_plan.NTM.10.2024"],
        &["lines"],
        &["lines", "-o", "json"],
        &["events"],
        &["events", "-o", "json"],
        &["events", "-o", "ndjson"],
        &["events", "-o", "csv"],
        &["replay"],
    ] {
        is_told(&address, question, &["200 text/html"]);
    }
    let record = ["record", "-", "--server", &address];
    run_with(&record, &allocation("QD-1", 1))
        .ends(3)
        .says("200 text/html")
        .says("0 of 1 rows are known to be recorded");
}

#[test]
fn a_login_page_is_written_to_no_file() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("rates.csv");
    std::fs::write(&file, "last month\r\n").expect("a file");
    let address = stranger(LOGIN, "<html></html>");
    is_told(&address, &["rates", "-o", "csv", "--out", text(&file)], &[]);
    let kept = std::fs::read_to_string(&file).expect("the file");
    assert_eq!(kept, "last month\r\n");
}

#[test]
fn what_is_not_of_outlay_is_told_with_its_status_and_form() {
    let json = "Content-Type: application/json";
    for (head, body, told) in [
        (
            "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html",
            "<html>",
            "502 text/html",
        ),
        (
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain",
            "no such page",
            "404 text/plain",
        ),
        (
            "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json",
            "{\"detail\":\"no\"}",
            "403 application/json",
        ),
        ("HTTP/1.1 401 Unauthorized", "", "401 of no media type"),
        ("HTTP/1.1 204 No Content", "", "204 of no media type"),
        ("HTTP/1.1 200 OK", "", "200 of no media type"),
        (
            &format!("HTTP/1.1 200 OK\r\n{json}"),
            "{\"rows\":[]}",
            "200 application/json",
        ),
        (
            &format!("HTTP/1.1 200 OK\r\nOutlay-Position: 7\r\n{json}"),
            "",
            "an empty application/json",
        ),
        (
            &format!("HTTP/1.1 200 OK\r\nOutlay-Position: 7\r\n{json}"),
            "{\"rows\":[",
            "application/json that is broken",
        ),
        (
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json",
            "<html>",
            "application/problem+json that is broken",
        ),
    ] {
        is_told(&stranger(head, body), &["rates"], &[told]);
    }
}

#[test]
fn a_redirect_is_told_and_not_followed() {
    let login = stranger(LOGIN, "<html></html>");
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let location = login.replace("http://", "http://me:geheim@");
        let head = format!("HTTP/1.1 {status}\r\nLocation: {location}/login\u{9}x");
        let address = stranger(&head, "");
        let sends = format!("which sends to '{login}/login");
        is_told(&address, &["rates"], &[&status[..3], &sends]);
        let record = ["record", "-", "--server", &address];
        let sent = run_with(&record, &allocation("QD-1", 1)).ends(3);
        assert!(!sent.stderr.contains("geheim"), "{}", sent.stderr);
    }
}

#[test]
fn an_answer_that_breaks_off_is_no_answer() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("rates.json");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nOutlay-Position: 7\r\n";
    answering(
        listener,
        format!("{head}Content-Length: 100\r\n\r\n{{\"rows\":[]}}"),
    );
    let out = ["-o", "json", "--out", text(&file)];
    let asked = run(&[&["rates", "--server", &address], &out[..]].concat()).ends(3);
    asked.says("broke off");
    assert!(!file.exists(), "a part is no answer");
}

#[test]
fn what_speaks_no_http_is_told_as_something_else() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    answering(listener, "SSH-2.0-OpenSSH_9.6\r\n".to_owned());
    is_told(&address, &["rates"], &["no HTTP"]);
}
