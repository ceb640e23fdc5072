//! A server from its start to its end: who may reach it, who else may write, how it stops.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use tempfile::tempdir;

use crate::outlay::{Process, Server, command, run, run_with, signal, text};
use crate::records::{RATES, allocation, little_history};

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    run(&[
        "serve",
        "--data",
        text(folder.path()),
        "--listen",
        "127.0.0.1:0",
    ])
    .ends(3)
    .says("in use by another outlay process");
    server.post("/v1/records", &allocation("QD-1", 1)).of(201);
}

#[test]
fn a_folder_that_a_server_has_is_not_written_to() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    let arguments = ["record", "-", "--data", text(folder.path())];
    run_with(&arguments, &little_history())
        .ends(3)
        .says("in use by another outlay process");
    assert_eq!(server.get(RATES).of(200).json()["total"]["plan"], "0");
}

#[test]
fn an_address_that_others_reach_is_refused() {
    let folder = tempdir().expect("a folder");
    for address in ["0.0.0.0:0", "[::]:0", "10.0.0.1:8080"] {
        run(&["serve", "--data", text(folder.path()), "--listen", address])
            .ends(2)
            .says("no access control");
        run(&["demo", "--listen", address])
            .ends(2)
            .says("no access control");
    }
}

#[test]
fn a_webhook_that_cannot_be_used_is_told_before_anything_is_served() {
    let folder = tempdir().expect("a folder");
    let (data, secret) = (folder.path().join("data"), folder.path().join("secret"));
    let config = folder.path().join("outlay.toml");
    let webhook = |url: &str| {
        let (url, secret) = (url, text(&secret));
        format!("[[webhook]]\nname = 'chat'\nurl = '{url}'\nsecret_file = '{secret}'\n")
    };
    let serve = ["serve", "--data", text(&data), "--config", text(&config)];
    let refused = |settings: &str, told: &str| {
        std::fs::write(&config, settings).expect("a file");
        run(&serve).ends(2).says(told);
        assert!(!data.exists(), "nothing is opened");
    };
    let chat = webhook("https://chat.example/");
    refused(&chat, "cannot be read");
    std::fs::write(&secret, "hunter2").expect("a file");
    refused(&chat, "has 7 bytes, and at least 16");
    std::fs::write(&secret, "sixteen bytes ok\n").expect("a file");
    refused(&chat.repeat(2), "two webhooks are named 'chat'");
    refused(&webhook("http://chat.example/"), "allow_private = true");
    refused(&format!("{chat}secret = 'x'\n"), "unknown field `secret`");
}

#[test]
fn who_only_asks_reads_no_secret() {
    let folder = tempdir().expect("a folder");
    let data = folder.path().join("data");
    let config = folder.path().join("outlay.toml");
    let webhook = "[[webhook]]\nname = 'chat'\nurl = 'https://chat.example/'\n";
    std::fs::write(&config, format!("{webhook}secret_file = '/absent'\n")).expect("a file");
    let with = ["--data", text(&data), "--config", text(&config)];
    let record = [&["record", "-"], with.as_slice()].concat();
    run_with(&record, &allocation("QD-1", 1)).ends(0);
    run(&[&["rates"], with.as_slice()].concat()).ends(0);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(&folder.path().join("one"));
    let (other, address) = (
        folder.path().join("two"),
        format!("127.0.0.1:{}", server.port()),
    );
    run(&["serve", "--data", text(&other), "--listen", &address])
        .ends(3)
        .says(&address);
}

/// Wherever a name is given; loopback's are always its own.
#[test]
fn a_server_answers_to_its_own_names_alone() {
    let folder = tempdir().expect("a folder");
    let config = folder.path().join("outlay.toml");
    std::fs::write(&config, "hosts = [\"file.example\"]\n").expect("a file");
    let data = folder.path().join("data");
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--host",
        "one.example",
        "--host",
        "two.example:8443",
    ];
    let given = ["serve", "--config", text(&config), "--data", text(&data)];
    let mut command = command(&[&given[..], &arguments].concat());
    command.env("OUTLAY_HOST", "environment.example, other.example");
    let server = Process::start(command);
    for (host, status) in [
        ("localhost", 200),
        ("one.example", 200),
        ("two.example:8443", 200),
        ("environment.example:1", 200),
        ("other.example", 200),
        ("file.example", 200),
        ("two.example", 421),
        ("evil.example", 421),
    ] {
        let answer = server.try_get("/v1/rates", &[("Host", host)]);
        answer.expect("an answer").of(status);
    }
    let wrong = ["serve", "--data", text(&data), "--host", "http://a.example"];
    run(&wrong).ends(2).says("without http:// and path");
}

#[test]
fn a_request_in_flight_is_answered_before_the_server_ends() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    let record = allocation("QD-1", 1000);
    let (first, rest) = record.split_at(20);
    let mut stream = TcpStream::connect(("127.0.0.1", server.port().parse().expect("a port")))
        .expect("a connection");
    let length = record.len();
    write!(
        stream,
        "POST /v1/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
    )
    .expect("it takes the head");
    // It asks for the body: the request is in its hands.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).expect("it goes on");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(first.as_bytes()).expect("it takes a part");
    signal(server.process(), "TERM");
    server.wait_for("draining");
    stream
        .write_all(rest.as_bytes())
        .expect("it takes the rest");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(server.ended().success());
    let log = run(&[
        "events",
        "--data",
        text(folder.path()),
        "--reference",
        "QD-1",
    ])
    .ends(0);
    assert!(log.stdout.contains("line.allocated"), "{}", log.stdout);
}

#[test]
fn an_idle_server_ends_at_once_when_asked() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    server.get("/healthz").of(200);
    assert!(server.terminate().success());
    let server = Server::over(folder.path());
    signal(server.process(), "INT");
    assert!(server.ended().success());
}

#[test]
fn a_server_that_is_asked_to_end_says_so() {
    let folder = tempdir().expect("a folder");
    let server = Process::with(&[
        "serve",
        "--data",
        text(folder.path()),
        "--listen",
        "127.0.0.1:0",
    ]);
    assert!(server.log_to_its_end().contains("draining"));
}

const REGISTER: &str = r#"[
  {"record": "registration", "reference": "R-1", "effective_on": "2020-01-01",
   "kind": "programme", "code": "ROADS", "names": {"vi": "Đường", "en": "Roads"}},
  {"record": "registration", "reference": "R-2", "effective_on": "2020-01-01",
   "kind": "province", "code": "N-1", "names": {"vi": "Bắc", "en": "North"}}
]"#;

#[test]
fn a_fresh_store_takes_another_register_and_an_old_one_does_not() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("register.json");
    std::fs::write(&file, REGISTER).expect("a file");
    let data = folder.path().join("data");
    let arguments = [
        "serve",
        "--data",
        text(&data),
        "--listen",
        "127.0.0.1:0",
        "--register",
        text(&file),
    ];
    let server = Process::with(&arguments);
    let provinces = server.get("/v1/provinces").of(200);
    assert!(provinces.body.contains("N-1"), "{}", provinces.body);
    assert!(!provinces.body.contains("Lào Cai"), "{}", provinces.body);
    server.kill();
    run(&arguments)
        .ends(1)
        .says("the store already has a register");
}

#[test]
fn a_register_that_cannot_be_used_is_refused_by_its_record() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("register.json");
    let data = folder.path().join("data");
    let serve = || {
        let listen = ["--listen", "127.0.0.1:0", "--register", text(&file)];
        run(&[&["serve", "--data", text(&data)], &listen[..]].concat())
    };
    std::fs::write(&file, REGISTER.replace("ROADS", "roads")).expect("a file");
    serve().ends(1).says("record 1 of the register");
    std::fs::write(&file, "[{]").expect("a file");
    serve().ends(1).says("cannot be understood");
    std::fs::remove_file(&file).expect("it was there");
    serve().ends(3).says("cannot be read");
}
