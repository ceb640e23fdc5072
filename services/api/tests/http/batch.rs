//! Many records at once.

use std::fmt::Write as _;

use axum::http::StatusCode;
use serde_json::json;

use crate::harness::{LINE, allocation, payment, service, with, with_history};

#[tokio::test]
async fn rows_are_answered_in_their_order_and_bad_ones_alone_are_refused() {
    let service = service().await;
    let mut body = Vec::new();
    for number in 1..=6_000 {
        match number {
            5_000 => body.extend_from_slice(b"{\"record\":\"allocation\",\"reference\":\"\xff\"}"),
            5_001 => body.extend_from_slice(b"{broken"),
            5_002 => {}
            5_003 => body.extend(
                with(&allocation("F", 1), "amount", json!(1.5))
                    .to_string()
                    .bytes(),
            ),
            _ => body.extend(allocation(&format!("QD-{number}"), 1).to_string().bytes()),
        }
        body.extend_from_slice(if number % 2 == 0 { b"\r\n" } else { b"\n" });
    }
    let reply = service.batch("", body).await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (StatusCode::OK, "application/x-ndjson")
    );
    let rows = reply.rows();
    assert_eq!(rows.len(), 5_999);
    let numbers = rows.iter().map(|row| row["row"].as_u64().unwrap());
    // The blank line after row 5,001 is no row.
    assert!(numbers.eq(1..=5_999));
    for row in &rows {
        let slug = match row["row"].as_u64().unwrap() {
            5_000 => "/problems/not-utf-8",
            5_001 => "/problems/not-json",
            5_002 => "/problems/malformed",
            _ => {
                assert_eq!(
                    (&row["status"], &row["line"]["disbursed"]),
                    (&json!(201), &json!("0"))
                );
                continue;
            }
        };
        assert_eq!(
            (&row["status"], row["type"].as_str()),
            (&json!(400), Some(slug))
        );
    }
    assert_eq!(rows[5_998]["line"]["plan"], "5996");
}

#[tokio::test]
async fn atomic_rows_of_a_line_fall_together() {
    let service = with_history().await;
    let other = with(
        &allocation("QD-9", 7),
        "line",
        json!("NTM/10/2024/central/recurrent"),
    );
    let unreadable = format!("{{\"line\": \"{LINE}\", broken");
    for (bad, status) in [(payment("CT-9", 501).to_string(), 422), (unreadable, 400)] {
        let body = format!("{}\n{other}\n{bad}\n", payment("CT-2", 1));
        let rows = service.batch("?atomic=true", body).await.rows();
        let statuses: Vec<_> = rows
            .iter()
            .map(|row| row["status"].as_u64().unwrap())
            .collect();
        assert_eq!((statuses[0], statuses[2]), (424, status), "{rows:?}");
        assert!([200, 201].contains(&statuses[1]));
        assert_eq!(rows[0]["type"], "/problems/fell-together");
    }
}

#[tokio::test]
async fn a_dry_run_keeps_nothing() {
    let service = with_history().await;
    let before = service.get("/v1/events?limit=1000").await.body;
    let body = format!("{}\n{}\n", payment("CT-2", 500), payment("CT-3", 1));
    let rows = service.batch("?dry_run=true", body).await.rows();
    assert_eq!(
        (&rows[0]["status"], &rows[0]["line"]["disbursed"]),
        (&json!(201), &json!("800"))
    );
    assert!(rows[0].get("id").is_none() && rows[0].get("position").is_none());
    assert_eq!(
        (&rows[1]["status"], &rows[1]["remaining"]),
        (&json!(422), &json!("0"))
    );
    assert_eq!(service.get("/v1/events?limit=1000").await.body, before);
}

/// Whatever becomes of the other rows, and of the request's mode.
#[tokio::test]
async fn a_row_that_is_recorded_already_is_told_its_first_answer() {
    let service = with_history().await;
    let before = payment("CT-2", 1);
    let first = service.post(&before).await.json();
    let unreadable = format!("{{\"line\": \"{LINE}\", broken");
    for query in [
        "",
        "?dry_run=true",
        "?atomic=true",
        "?atomic=true&dry_run=true",
    ] {
        for (bad, status) in [
            (payment("CT-9", 501).to_string(), 422),
            (unreadable.clone(), 400),
        ] {
            let body = format!("{}\n{bad}\n{before}\n{before}\n", payment("CT-3", 600));
            let rows = service.batch(query, body).await.rows();
            assert_eq!(rows[1]["status"], status, "{query}: {rows:?}");
            assert_ne!(rows[0]["status"], 201, "{query}: {rows:?}");
            for row in &rows[2..] {
                assert_eq!(row["status"], 200, "{query}: {rows:?}");
                for field in [
                    "id",
                    "position",
                    "stream",
                    "revision",
                    "recorded_at",
                    "line",
                ] {
                    assert_eq!(row[field], first[field], "{query}: {rows:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_batch_has_its_bounds() {
    let service = service().await;
    let mut lines = String::new();
    for _ in 0..10_001 {
        let _ = writeln!(lines, "{{}}");
    }
    for body in [lines.into_bytes(), vec![b' '; 20 << 20]] {
        let reply = service.batch("", body).await;
        assert_eq!(
            (reply.status, reply.slug().as_str()),
            (StatusCode::PAYLOAD_TOO_LARGE, "too-large")
        );
    }
    let empty = service.batch("", "").await;
    assert_eq!((empty.status, empty.body.len()), (StatusCode::OK, 0));
    for query in ["?atomic=yes", "?atomic=true&atomic=true", "?dryrun=true"] {
        let reply = service.batch(query, "").await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
        reply.slug();
    }
}
