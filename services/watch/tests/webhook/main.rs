//! Deliveries over real sockets: what an honest receiver gets, and what a bad one cannot do.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops where it is wrong"
)]

mod receiver;

use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use events::time::RecordedAt;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use uuid::Uuid;
use watch::webhook::{Delivery, Endpoint, Secret, SendError, Sender, Sent};

use crate::receiver::{Call, Receiver, Untouched};

const SECRET: &[u8] = b"a secret of at least sixteen bytes";
const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// What a test that should not wait waits at most.
const SOON: Duration = Duration::from_secs(5);

fn endpoint(url: &str, allow_private: bool) -> Endpoint {
    Endpoint::try_new(
        "chat".parse().unwrap(),
        url.parse().unwrap(),
        Secret::parse(SECRET).unwrap(),
        allow_private,
    )
    .unwrap()
}

fn delivery() -> Delivery {
    Delivery {
        id: Uuid::from_u128(0x0192_f3a4_5b6c_7d8e_9f00_1122_3344_5566),
        at: RecordedAt::parse("2025-01-01T00:00:00.999999Z").unwrap(),
        body: r#"{"type":"alert.raised","name":"Nông thôn mới"}"#.to_owned(),
    }
}

/// What comes of a delivery to `url` with little patience, within a time that any machine keeps.
async fn send_to(url: &str, allow_private: bool) -> Result<Sent, SendError> {
    let sender = Sender::new(Duration::from_millis(500));
    let begun = Instant::now();
    let sent = sender
        .send(&endpoint(url, allow_private), &delivery())
        .await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    sent
}

async fn send(receiver: &Receiver) -> Result<Sent, SendError> {
    send_to(&receiver.url("http"), true).await
}

/// The signature as a receiver computes it, from what came over the wire.
fn expected_signature(call: &Call) -> String {
    let (id, at) = (call.header("webhook-id"), call.header("webhook-timestamp"));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    mac.update(format!("{id}.{at}.{}", call.body).as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn a_receiver_can_check_who_sent_a_delivery_and_when() {
    let receiver = Receiver::answering(OK);
    assert_eq!(send(&receiver).await.unwrap(), Sent { status: 204 });
    let calls = receiver.calls();
    let [call] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert_eq!(call.line, "POST /hooks/1?from=outlay HTTP/1.1");
    assert_eq!(call.header("content-type"), "application/json");
    assert_eq!(call.header("user-agent"), "outlay/0.1.0");
    assert_eq!(call.body, delivery().body);
    let id = "0192f3a4-5b6c-7d8e-9f00-112233445566";
    assert_eq!(call.header("webhook-id"), id);
    assert_eq!(call.header("webhook-timestamp"), "1735689600");
    assert_eq!(call.header("webhook-signature"), expected_signature(call));
}

#[tokio::test]
async fn a_repeat_bears_its_id_and_a_signature_of_its_own_time() {
    let receiver = Receiver::answering("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n");
    let sender = Sender::default();
    let endpoint = endpoint(&receiver.url("http"), true);
    let mut delivery = delivery();
    for at in ["2025-01-01T00:00:00Z", "2025-01-01T00:15:00Z"] {
        delivery.at = RecordedAt::parse(at).unwrap();
        let error = sender.send(&endpoint, &delivery).await.unwrap_err();
        assert!(matches!(error, SendError::Answered { status: 500 }));
    }
    let calls = receiver.calls();
    let [first, second] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_eq!(second.header("webhook-timestamp"), "1735690500");
    assert_eq!(
        second.header("webhook-signature"),
        expected_signature(second)
    );
    assert_ne!(
        first.header("webhook-signature"),
        second.header("webhook-signature")
    );
}

#[tokio::test]
async fn only_a_success_is_a_success() {
    for status in [200, 201, 202, 299] {
        let answer = format!("HTTP/1.1 {status} So\r\ncontent-length: 2\r\n\r\nok");
        let sent = send(&Receiver::answering(answer)).await;
        assert_eq!(sent.unwrap(), Sent { status });
    }
    for status in [400, 401, 404, 408, 429, 500, 502, 503, 599] {
        let answer = format!("HTTP/1.1 {status} So\r\ncontent-length: 2\r\n\r\nno");
        let error = send(&Receiver::answering(answer)).await.unwrap_err();
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        assert!(error.is_worth_repeating(), "{error}");
    }
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_not_called_again() {
    let receiver = Receiver::answering("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n");
    let error = send(&receiver).await.unwrap_err();
    assert!(matches!(error, SendError::Gone), "{error}");
    assert!(!error.is_worth_repeating());
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let other = Untouched::on("127.0.0.1:0");
    let to = format!("http://127.0.0.1:{}/elsewhere", other.port());
    for status in [301, 302, 303, 307, 308] {
        let answer = format!("HTTP/1.1 {status} So\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
        let receiver = Receiver::answering(answer);
        let error = send(&receiver).await.unwrap_err();
        let told = error.to_string();
        assert!(
            told.contains(&to) && told.contains(&status.to_string()),
            "{told}"
        );
        assert!(error.is_worth_repeating());
        assert_eq!(receiver.calls().len(), 1);
        other.is_untouched();
    }
}

#[tokio::test]
async fn a_redirect_to_an_endless_place_is_told_in_short() {
    let to = "x".repeat(4000);
    let answer = format!("HTTP/1.1 302 So\r\nlocation: /{to}\r\ncontent-length: 0\r\n\r\n");
    let error = send(&Receiver::answering(answer)).await.unwrap_err();
    assert!(error.to_string().len() < 400, "{error}");
}

#[tokio::test]
async fn a_receiver_that_hangs_is_waited_for_only_so_long() {
    let error = send(&Receiver::hanging()).await.unwrap_err();
    assert!(matches!(error, SendError::Late { .. }), "{error}");
    assert!(error.to_string().contains("within 500ms"), "{error}");
    assert!(error.is_worth_repeating());
}

#[tokio::test]
async fn a_receiver_that_drips_is_waited_for_only_so_long() {
    let error = send(&Receiver::dripping("HTTP/1.1 200 OK\r\nx: ", "y"))
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::Late { .. }), "{error}");
    let text = Receiver::dripping("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", "y");
    assert!(send(&text).await.is_ok(), "its text is not waited for");
}

#[tokio::test]
async fn a_gigabyte_of_an_answer_is_left_where_it_is() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n";
    let (receiver, poured) = Receiver::pouring(head, "0123456789abcdef");
    assert_eq!(send(&receiver).await.unwrap(), Sent { status: 200 });
    let poured = poured.recv_timeout(SOON).unwrap();
    // What fits between two sockets of this machine.
    assert!(poured < 32 << 20, "{poured}");
}

#[tokio::test]
async fn a_gigabyte_of_headers_is_left_where_it_is() {
    let (receiver, poured) = Receiver::pouring("HTTP/1.1 200 OK\r\n", "x: 0123456789ab\r\n");
    let error = send(&receiver).await.unwrap_err();
    assert!(matches!(error, SendError::Garbled { .. }), "{error}");
    let poured = poured.recv_timeout(SOON).unwrap();
    assert!(poured < 32 << 20, "{poured}");
}

#[tokio::test]
async fn what_is_not_http_is_told() {
    for answer in ["SSH-2.0-OpenSSH_9.6\r\n\r\n", "HTTP/9 sure\r\n\r\n"] {
        let error = send(&Receiver::answering(answer)).await.unwrap_err();
        assert!(matches!(error, SendError::Garbled { .. }), "{error}");
        assert!(error.is_worth_repeating());
    }
    let error = send(&Receiver::answering("")).await.unwrap_err();
    assert!(matches!(error, SendError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_receiver_that_is_down_is_tried_again() {
    // A port that was just given back.
    let port = Untouched::on("127.0.0.1:0").port();
    let error = send_to(&format!("http://127.0.0.1:{port}/"), true)
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("'127.0.0.1'"), "{error}");
    assert!(error.is_worth_repeating());
}

#[tokio::test]
async fn a_private_address_is_refused_and_not_called() {
    let receiver = Untouched::on("127.0.0.1:0");
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0.0.0.0",
        "localhost",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "192.168.1.1",
        "[fd00:ec2::254]",
        "[fe80::1]",
    ] {
        let url = format!("https://{host}:{}/", receiver.port());
        let error = send_to(&url, false).await.unwrap_err();
        assert!(
            matches!(error, SendError::Private { .. }),
            "{host}: {error}"
        );
        assert!(error.to_string().contains("allow_private"), "{error}");
        assert!(!error.is_worth_repeating());
        receiver.is_untouched();
    }
}

#[tokio::test]
async fn a_private_address_is_called_where_that_is_allowed() {
    let receiver = Receiver::answering(OK);
    let url = receiver.url("http").replace("127.0.0.1", "localhost");
    assert!(send_to(&url, true).await.is_ok());
    assert_eq!(receiver.calls().len(), 1);
}

#[tokio::test]
async fn over_https_nothing_goes_out_in_the_clear() {
    let receiver = Receiver::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let error = send_to(&receiver.url("https"), true).await.unwrap_err();
    assert!(matches!(error, SendError::Garbled { .. }), "{error}");
    let calls = receiver.calls();
    let [call] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    // A handshake of TLS begins with 22 and the major version 3.
    assert!(call.line.starts_with("\u{16}\u{3}"), "{:?}", call.line);
    assert!(!call.line.contains("webhook-signature"));
}

#[test]
fn no_proxy_of_the_environment_is_asked() {
    // One of these tests in a process of its own, whose environment names a proxy that nobody runs.
    let mut tests = Command::new(std::env::current_exe().unwrap());
    let test = "a_receiver_can_check_who_sent_a_delivery_and_when";
    tests.args(["--exact", test]).env_remove("NO_PROXY");
    for name in ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy"] {
        tests.env(name, "http://127.0.0.1:1");
    }
    let output = tests.env_remove("no_proxy").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("1 passed"), "{told}");
}
