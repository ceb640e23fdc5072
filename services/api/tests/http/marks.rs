//! How text is encoded: byte-order marks are taken where it comes in and stand before a CSV; what
//! is no UTF-8 at all is called what it is.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;

use crate::harness::{Reply, allocation, service, with_history};

/// The byte-order mark.
const MARK: &str = "\u{feff}";

/// Every question that a CSV answers.
const TABLES: [&str; 4] = [
    "/v1/rates?by=province",
    "/v1/series?from=2024-01-01&to=2024-12-31",
    "/v1/compare?from=0",
    "/v1/behind?year=2024",
];

#[tokio::test]
async fn a_byte_order_mark_before_a_record_is_taken() {
    let service = service().await;
    let record = allocation("QD-1", 1).to_string();
    let first = service.post_raw(format!("{MARK}{record}")).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let again = service.post_raw(format!("{MARK}{MARK}{record}")).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
    // Of files that were joined, each had one.
    let rows = format!(
        "{MARK}{}\n{MARK}\r\n{MARK}{}\n{MARK}",
        allocation("QD-2", 1),
        allocation("QD-3", 1)
    );
    let rows = service.batch("", rows).await.rows();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (&row["row"], &row["status"]))
        .collect();
    assert_eq!(told, [(&json!(1), &json!(201)), (&json!(2), &json!(201))]);
    // Also where one of them had no line end, or a blank before its mark.
    let (one, other) = (allocation("QD-4", 1), allocation("QD-5", 1));
    let rows = service
        .batch("", format!("{one}{MARK}{other}\n {MARK}{one}"))
        .await;
    let told: Vec<_> = rows
        .rows()
        .iter()
        .map(|row| row["status"].clone())
        .collect();
    assert_eq!(told, [201, 201, 200]);
    let inside = service.post_raw(format!("{{{MARK}}}")).await;
    assert_eq!(inside.slug(), "not-json");
}

#[tokio::test]
async fn what_people_ask_of_alerts_may_begin_with_a_mark() {
    let service = with_history().await;
    let path = "/v1/alerts/behind_plan.NTM.10.2024/acknowledge";
    let request = Request::post(path).header("content-type", "application/json");
    let body = format!("{MARK}{{\"note\":\"seen\"}}");
    let reply = service.send(request.body(body.into()).unwrap()).await;
    // It was never raised, which is found out after the note is read.
    assert_eq!(reply.status, StatusCode::NOT_FOUND, "{}", reply.text());
}

#[tokio::test]
async fn utf_16_is_called_by_its_name() {
    let service = service().await;
    let record = allocation("QD-1", 1).to_string();
    let units = || {
        format!("{MARK}{record}\n")
            .encode_utf16()
            .collect::<Vec<_>>()
    };
    let little: Vec<u8> = units().into_iter().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = units().into_iter().flat_map(u16::to_be_bytes).collect();
    for body in [&little[..], &big, &little[2..], &big[2..]] {
        for reply in [
            service.post_raw(body.to_vec()).await,
            service.batch("", body.to_vec()).await,
        ] {
            assert_eq!(
                (reply.status, reply.slug().as_str()),
                (StatusCode::BAD_REQUEST, "not-utf-8")
            );
            let detail = reply.json()["detail"].as_str().unwrap().to_owned();
            assert!(
                detail.contains("UTF-16") && detail.contains("as UTF-8"),
                "{detail}"
            );
        }
    }
    for charset in ["utf-16", "iso-8859-1", "\"windows-1258\""] {
        let media_type = format!("application/json; charset={charset}");
        let request = Request::post("/v1/records").header("content-type", media_type);
        let reply = service
            .send(request.body(record.clone().into()).unwrap())
            .await;
        assert_eq!(
            reply.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{charset}"
        );
    }
}

async fn encoded(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let service = service().await;
    let media_type = if path.ends_with("batch") {
        "application/x-ndjson"
    } else {
        "application/json"
    };
    let mut request = Request::post(path).header("content-type", media_type);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    service
        .send(request.body(Body::from(body.to_vec())).unwrap())
        .await
}

#[tokio::test]
async fn a_compressed_body_is_refused_with_what_is_taken() {
    use std::io::Write as _;

    let record = allocation("QD-1", 1).to_string();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(record.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    for path in ["/v1/records", "/v1/records/batch"] {
        for (encoding, body) in [
            (Some("gzip"), &gzip[..]),
            (Some("X-GZIP"), &gzip),
            (Some("identity, gzip"), &gzip),
            (Some("deflate"), b"x"),
            (Some("br"), record.as_bytes()),
            (None, &gzip),
        ] {
            let headers: Vec<_> = encoding
                .map(|it| ("content-encoding", it))
                .into_iter()
                .collect();
            let reply = encoded(path, &headers, body).await;
            assert_eq!(
                reply.status,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "{encoding:?}"
            );
            assert_eq!(reply.slug(), "unsupported-content-encoding");
            assert_eq!(reply.header("accept-encoding"), "identity");
            assert_eq!(reply.json()["known"], json!(["identity"]));
        }
    }
    let plain = encoded(
        "/v1/records",
        &[("content-encoding", "Identity")],
        record.as_bytes(),
    );
    assert_eq!(plain.await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_csv_begins_with_a_mark_unless_none_is_wanted() {
    let service = with_history().await;
    for path in TABLES {
        let plain = service.get(&format!("{path}&format=csv&bom=false")).await;
        assert_eq!(plain.status, StatusCode::OK, "{path}: {}", plain.text());
        assert!(!plain.text().starts_with(MARK), "{path}");
        let marked = format!("{MARK}{}", plain.text());
        for asked in ["&format=csv", "&format=csv&bom=true"] {
            let csv = service.get(&format!("{path}{asked}")).await;
            assert_eq!(csv.text(), marked, "{path}{asked}");
        }
        let accepted = service.get_with(path, "accept", "text/csv").await;
        assert_eq!(accepted.text(), marked, "{path}");
        // Where there is no CSV, nothing is marked.
        for format in ["json", "xlsx"] {
            let with = service
                .get(&format!("{path}&format={format}&bom=true"))
                .await;
            let without = service.get(&format!("{path}&format={format}")).await;
            assert_eq!(with.body, without.body, "{path} {format}");
        }
        for wrong in ["", "yes", "TRUE", "0"] {
            let reply = service.get(&format!("{path}&format=csv&bom={wrong}")).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{wrong}");
            assert_eq!(reply.json()["field"], "bom");
        }
    }
}

#[tokio::test]
async fn ten_thousand_records_and_blank_lines_are_a_batch() {
    let service = service().await;
    let records = |count: usize| {
        let rows = (0..count).map(|number| format!("{}\n", allocation(&format!("QD-{number}"), 1)));
        rows.collect::<String>()
    };
    let whole = format!("\n\n{}\n \r\n\t\n", records(10_000));
    let rows = service.batch("?dry_run=true", whole).await.rows();
    assert_eq!(rows.len(), 10_000);
    assert!(rows.iter().all(|row| row["status"] == 201));
    assert_eq!(
        (&rows[0]["row"], &rows[9_999]["row"]),
        (&json!(1), &json!(10_000))
    );
    let more = service.batch("?dry_run=true", records(10_001)).await;
    assert_eq!(more.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(more.json()["limit"], "10,000 records");
    let blank = service.batch("", "\n".repeat(20_000)).await;
    assert_eq!((blank.status, blank.body.len()), (StatusCode::OK, 0));
}
