//! Answers with rows as tables: the same rows in every format, the same bytes at every time.

use axum::http::StatusCode;
use calamine::{Data, Reader as _, Xlsx};
use serde_json::{Value, json};

use crate::harness::{Reply, Service, allocation, service, with_history};

/// The media type of a workbook.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A question about each kind of answer that is a table, and its sheet.
const ASKED: [(&str, &str); 3] = [
    ("/v1/rates?by=province,year,source&programme=NTM", "rates"),
    ("/v1/series?from=2024-01-01&to=2024-12-31", "series"),
    ("/v1/compare?from=0&by=programme,source", "compare"),
];

/// The rows of a sheet, the heading first, as texts.
fn sheet(reply: &Reply, name: &str) -> Vec<Vec<Data>> {
    assert_eq!(reply.status, StatusCode::OK, "{name}");
    let mut workbook = Xlsx::new(std::io::Cursor::new(&reply.body)).unwrap();
    let range = workbook.worksheet_range(name).unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

/// The rows of a CSV without quotes, the heading first.
fn lines(reply: &Reply) -> Vec<Vec<String>> {
    let text = reply.text();
    assert!(!text.contains('"'), "{text}");
    let line = |line: &str| line.split(',').map(str::to_owned).collect();
    text.lines().map(line).collect()
}

/// The day in a cell.
fn day(cell: &Data) -> String {
    let Data::DateTime(day) = cell else {
        panic!("not a day: {cell:?}");
    };
    let (year, month, day, ..) = day.to_ymd_hms_milli();
    format!("{year}-{month:02}-{day:02}")
}

/// A cell as CSV writes it.
fn written(cell: &Data, heading: &str) -> String {
    let is_rate = heading.ends_with("rate");
    if let (Data::Float(number), true) = (cell, is_rate) {
        format!("{number:.6}")
    } else if let Data::DateTime(_) = cell {
        day(cell)
    } else {
        cell.to_string()
    }
}

#[tokio::test]
async fn every_format_has_the_same_rows() {
    let service = with_history().await;
    for (path, name) in ASKED {
        let csv = lines(&service.get(&format!("{path}&format=csv&bom=false")).await);
        let reply = service.get(&format!("{path}&format=xlsx")).await;
        assert_eq!(reply.header("content-type"), XLSX);
        assert_eq!(
            reply.header("content-disposition"),
            format!("attachment; filename=\"{name}.xlsx\"")
        );
        let rows = sheet(&reply, name);
        assert!(rows.len() > 1 && rows.len() == csv.len(), "{path}");
        let headings: Vec<String> = rows[0].iter().map(ToString::to_string).collect();
        assert_eq!(headings, csv[0][..headings.len()], "{path}");
        for (row, line) in rows.iter().zip(&csv).skip(1) {
            let cells = row.iter().zip(&headings);
            let cells: Vec<_> = cells
                .map(|(cell, heading)| written(cell, heading))
                .collect();
            assert_eq!(cells, line[..cells.len()], "{path}");
        }
        let accepted = service.get_with(path, "accept", XLSX).await;
        assert_eq!(accepted.body, reply.body, "{path}");
        assert_eq!(accepted.header("vary"), "accept");
        assert_eq!(accepted.header("etag"), reply.header("etag"));
    }
}

#[tokio::test]
async fn a_table_of_an_older_position_has_the_same_bytes() {
    let service = with_history().await;
    for (path, _) in ASKED {
        let position = service.get(path).await.header("outlay-position").to_owned();
        let clock = if path.contains("compare") {
            "to"
        } else {
            "known_at"
        };
        let day = if path.contains("series") {
            ""
        } else {
            "&as_of=2025-03-01"
        };
        let path = format!("{path}{day}&{clock}={position}&format=xlsx");
        let before = service.get(&path).await;
        let later = allocation(&format!("QD-{position}-later"), 5);
        assert_eq!(service.post(&later).await.status, StatusCode::CREATED);
        let after = service.get(&path).await;
        assert_eq!(after.body, before.body, "{path}");
        assert_eq!(after.header("etag"), before.header("etag"));
        assert_eq!(after.header("outlay-position"), position);
    }
}

#[tokio::test]
async fn a_workbook_says_what_it_answers() {
    let service = with_history().await;
    let reply = service
        .get("/v1/rates?by=province&year=2024&as_of=2025-01-31&known_at=10&numerator=net_of_advances&format=xlsx")
        .await;
    let said = sheet(&reply, "question");
    let find = |name: &str| {
        let row = said.iter().find(|row| row[0] == *name);
        row.unwrap_or_else(|| panic!("{name}: {said:?}"))[1].clone()
    };
    for (name, value) in [
        ("answer", "rates"),
        ("position", "10"),
        ("numerator_basis", "net_of_advances"),
        ("denominator_basis", "total"),
        ("boundaries", "recorded"),
        ("year", "2024"),
        ("by", "province"),
    ] {
        assert_eq!(find(name).to_string(), value, "{name}");
    }
    assert_eq!(day(&find("as_of")), "2025-01-31");
    assert!(find("known_at recorded at").to_string().ends_with('Z'));
}

#[tokio::test]
async fn no_digit_of_a_sum_is_lost() {
    let service = service().await;
    let sums = ["999999999999999", "9007199254740991", "1000000000000000000"];
    for (number, dong) in sums.iter().enumerate() {
        let mut record = allocation(&format!("QD-{number}"), 0);
        record["amount"] = json!(dong);
        let line = format!("NTM/10/{}/central/investment", 2023 + number);
        record["line"] = json!(line);
        let reply = service.post(&record).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    }
    let rows = sheet(&service.get("/v1/rates?by=year&format=xlsx").await, "rates");
    let plan = rows[0].iter().position(|cell| *cell == *"plan").unwrap();
    let plans: Vec<_> = rows[1..].iter().map(|row| row[plan].clone()).collect();
    let text = |dong: &str| Data::String(dong.to_owned());
    assert_eq!(
        plans,
        [
            Data::Float(999_999_999_999_999.0),
            text(sums[1]),
            text(sums[2])
        ]
    );
}

#[tokio::test]
async fn a_question_without_rows_is_a_table_without_rows() {
    let service: Service = with_history().await;
    let path = "/v1/rates?by=province&programme=ZZZ&bom=false&format=";
    let csv = service.get(&format!("{path}csv")).await.text();
    assert_eq!(csv.lines().count(), 1);
    assert!(csv.starts_with("province,province_name,plan,"), "{csv}");
    let rows = sheet(&service.get(&format!("{path}xlsx")).await, "rates");
    assert_eq!(rows.len(), 1);
    let json: Value = service.get(&format!("{path}json")).await.json();
    assert_eq!(json["rows"], json!([]));
}
