//! Proxies that the environment names are used where somebody asks for it, and passwords in
//! addresses are shown nowhere.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use tempfile::tempdir;

use crate::outlay::{Run, Server, command, run, run_command};

/// A port on which a proxy could listen, and whether anybody came.
struct Trap(TcpListener);

impl Trap {
    fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").expect("a port"))
    }

    fn address(&self) -> String {
        let address = self.0.local_addr().expect("an address");
        format!("http://me:geheim@{address}")
    }

    /// Who has come so far.
    fn caller(&self) -> Option<TcpStream> {
        self.0.set_nonblocking(true).expect("a listener");
        self.0.accept().ok().map(|(stream, _)| stream)
    }
}

/// A command with this proxy in its environment.
fn through(proxy: &str, arguments: &[&str]) -> Run {
    let mut asked: Command = command(arguments);
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        asked.env(name, proxy);
    }
    asked.env_remove("NO_PROXY").env_remove("no_proxy");
    run_command(asked, "")
}

#[test]
fn a_server_is_asked_without_a_proxy_that_nobody_asked_for() {
    let folder = tempdir().expect("a folder");
    let (server, trap) = (Server::over(folder.path()), Trap::new());
    through(&trap.address(), &["rates", "--server", &server.address]).ends(0);
    assert!(trap.caller().is_none(), "the proxy was used");
    // Nor what is on this machine with it.
    through(
        &trap.address(),
        &["rates", "--use-proxy", "--server", &server.address],
    )
    .ends(0);
    assert!(trap.caller().is_none(), "the proxy was used");
}

#[test]
fn a_proxy_is_used_where_somebody_asks_for_it() {
    let trap = Trap::new();
    let proxy = trap.address();
    let (say, heard) = mpsc::channel();
    // It goes away at once, after it has said that somebody came.
    thread::spawn(move || {
        let caller = trap.0.accept();
        let _ = say.send(caller.is_ok());
    });
    let proxied = through(
        &proxy,
        &[
            "rates",
            "--use-proxy",
            "--server",
            "http://outlay.example:8080",
        ],
    );
    assert_eq!(heard.try_recv(), Ok(true));
    let told = proxied.ends(3).says("through the proxy");
    assert!(!told.stderr.contains("geheim"), "{}", told.stderr);
}

#[test]
fn a_password_in_the_address_of_a_server_goes_along() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!(
        "http://me:geheim@{}",
        listener.local_addr().expect("an address")
    );
    let head = thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a caller");
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        lines
            .take_while(|line| !line.is_empty())
            .collect::<Vec<_>>()
    });
    run(&["rates", "--server", &address]).ends(3);
    let head = head.join().expect("a request");
    let basic = |line: &String| line.eq_ignore_ascii_case("authorization: Basic bWU6Z2VoZWlt");
    assert!(head.iter().any(basic), "{head:?}");
    let mut both = command(&["rates", "--server", &address]);
    both.env("OUTLAY_TOKEN", "outlay_key");
    let told = run_command(both, "").ends(2).says("leave one out");
    assert!(!told.stderr.contains("geheim"), "{}", told.stderr);
}

#[test]
fn a_proxy_that_is_not_there_is_told() {
    for proxy in ["", "gopher://me:geheim@proxy"] {
        let asked = ["rates", "--use-proxy", "--server", "http://outlay.example"];
        let told = through(proxy, &asked).ends(2).says("names no proxy");
        assert!(!told.stderr.contains("geheim"), "{}", told.stderr);
    }
    run(&["rates", "--use-proxy"]).ends(2).says("--server");
}

#[test]
fn a_password_in_an_address_is_shown_nowhere() {
    for (address, code) in [
        ("http://me:geheim@127.0.0.1:1", 3),
        ("http://me%3Ageheim@127.0.0.1:1", 3),
        ("https://me:geheim@localhost", 2),
        ("me:geheim@localhost", 2),
        ("http://me:geheim%40127.0.0.1:1", 2),
        ("http://me:geheim@127.0.0.1:x", 2),
    ] {
        let asked = run(&["rates", "--log-level", "trace", "--server", address]).ends(code);
        assert!(!asked.stderr.contains("geheim"), "{}", asked.stderr);
    }
    for wrong in [
        &["rates", "http://me:geheim@localhost"][..],
        &["rates", "--sever", "http://me:geheim@localhost"],
        &["serve", "--listen", "http://me:geheim@localhost"],
    ] {
        let asked = run(wrong).ends(2);
        assert!(!asked.stderr.contains("geheim"), "{}", asked.stderr);
    }
}
