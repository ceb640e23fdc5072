//! Byte-order marks and UTF-16: what the programs of an office put into files and variables is
//! taken, or told, wherever text comes in; and what goes into a file is known by spreadsheets.

use std::process::{Command, Stdio};

use tempfile::tempdir;

use crate::outlay::{Log, Run, command, run, run_command, text};
use crate::records::{allocation, gift};

const MARK: &str = "\u{feff}";

fn utf_16(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    format!("{MARK}{text}")
        .encode_utf16()
        .flat_map(bytes)
        .collect()
}

#[test]
fn records_are_read_in_any_encoding_that_says_what_it_is() {
    let log = Log::new();
    let file = log.folder().join("records.ndjson");
    let noted = |number: u32| {
        let record = gift(&format!("G-{number}"), 1);
        record.replace("\"kind\"", "\"note\":\"Quyết định số 7\",\"kind\"")
    };
    let rows = [noted(1), noted(2)].join("\r\n");
    let joined = format!("{MARK}{rows}\r\n{MARK}{}", noted(3));
    let glued = format!("{MARK}{}{MARK}{}\n", noted(1), noted(3));
    let array = format!("{MARK}[{},{}]", noted(1), noted(2));
    let mut count = 2;
    for (bytes, read) in [
        (utf_16(&rows, u16::to_le_bytes), 2),
        (utf_16(&rows, u16::to_be_bytes), 2),
        (format!("{MARK}{rows}").into_bytes(), 2),
        (joined.clone().into_bytes(), 3),
        (utf_16(&joined, u16::to_le_bytes), 3),
        (glued.into_bytes(), 2),
        (array.clone().into_bytes(), 2),
        (utf_16(&array, u16::to_le_bytes), 2),
    ] {
        std::fs::write(&file, bytes).expect("a file");
        let recorded = log.ask(&["record", text(&file)]).ends(0).stdout;
        let (new, known) = recorded.split_once(" recorded, ").expect("a count");
        let known = known.split(' ').next().expect("a count");
        let sum = new.parse::<u32>().expect("a count") + known.parse::<u32>().expect("a count");
        assert_eq!(sum, read, "{recorded}");
        count = count.max(read);
    }
    let events = log
        .ask(&["events", "-o", "ndjson", "--name", "line.disbursed"])
        .ends(0)
        .stdout;
    assert_eq!(events.lines().count(), 3);
    assert!(
        events
            .lines()
            .all(|event| event.contains("Quyết định số 7")),
        "{events}"
    );
}

#[test]
fn a_file_in_another_encoding_is_told_with_what_to_do() {
    let log = Log::new();
    let file = log.folder().join("records.ndjson");
    let unmarked: Vec<u8> = gift("G-1", 1)
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (bytes, told) in [
        (&b"{\"note\":\"L\xe0o Cai\"}"[..], "save it as UTF-8"),
        (&unmarked, "UTF-16 without a byte-order mark"),
        (b"\xff\xfe{", "ends within a character"),
    ] {
        std::fs::write(&file, bytes).expect("a file");
        log.ask(&["record", text(&file)]).ends(1).says(told);
    }
}

#[test]
fn settings_and_registers_are_read_in_the_same_encodings() {
    let log = Log::new();
    log.record(&allocation("QD-1", 1)).ends(0);
    let file = log.folder().join("outlay.toml");
    let settings = format!("data = {:?}\r\n", text(log.folder()));
    for bytes in [
        format!("{MARK}{settings}").into_bytes(),
        utf_16(&settings, u16::to_le_bytes),
        utf_16(&settings, u16::to_be_bytes),
    ] {
        std::fs::write(&file, bytes).expect("a file");
        run(&["events", "--config", text(&file)]).ends(0);
    }
    // A register is read as records are: what is wrong with it is told of its records.
    std::fs::write(
        &file,
        utf_16("{\"record\":\"registration\"}", u16::to_le_bytes),
    )
    .expect("a file");
    let data = log.folder().join("other");
    run(&["serve", "--data", text(&data), "--register", text(&file)])
        .ends(1)
        .says("record 1 of the register")
        .says("'reference' is missing");
}

fn with(name: &str, value: &str) -> Run {
    let mut asked: Command = command(&["rates", "--server", "http://127.0.0.1:1"]);
    asked.env(name, value);
    run_command(asked, "")
}

#[test]
fn what_nobody_sees_in_a_variable_is_told_and_its_value_is_not() {
    for name in [
        "OUTLAY_TOKEN",
        "OUTLAY_DATA",
        "OUTLAY_CONFIG",
        "OUTLAY_LISTEN",
        "OUTLAY_STORE",
    ] {
        for value in [
            "geheim\n",
            "geheim\r",
            " geheim",
            "geheim ",
            "\u{feff}geheim",
        ] {
            let told = with(name, value)
                .ends(2)
                .says(name)
                .says("white space or a byte-order mark");
            assert!(!told.stderr.contains("geheim"), "{}", told.stderr);
        }
    }
}

#[test]
fn a_secret_with_something_around_it_is_refused_before_anything_is_opened() {
    let folder = tempdir().expect("a folder");
    let (data, config) = (
        folder.path().join("data"),
        folder.path().join("outlay.toml"),
    );
    let secret = folder.path().join("secret");
    let webhook = format!(
        "[[webhook]]\nname = 'chat'\nurl = 'https://chat.example/'\nsecret_file = {:?}\n",
        text(&secret)
    );
    std::fs::write(&config, webhook).expect("a file");
    for bytes in [
        format!("{MARK}sixteen bytes ok\n").into_bytes(),
        b" sixteen bytes ok".to_vec(),
        b"sixteen bytes ok \n".to_vec(),
        b"sixteen bytes ok\n\n".to_vec(),
        utf_16("sixteen bytes ok\r\n", u16::to_le_bytes),
    ] {
        std::fs::write(&secret, bytes).expect("a file");
        run(&["serve", "--data", text(&data), "--config", text(&config)])
            .ends(2)
            .says("begins or ends with white space or a byte-order mark")
            .says(text(&secret));
        assert!(!data.exists(), "nothing is opened");
    }
}

#[test]
fn a_csv_begins_with_a_mark_in_a_file_and_not_in_a_pipe() {
    let log = Log::new();
    log.record(&allocation("QD-1", 1)).ends(0);
    let file = log.folder().join("answer.csv");
    for question in [
        &["rates", "--by", "province"][..],
        &["series", "--from", "2024-01-01", "--to", "2024-03-01"],
        &["explain", "--measure", "plan"],
        &["compare", "--from", "0"],
        &["behind"],
        &["alerts"],
        &["alerts", "--backtest", "2024-01-01..2024-02-01"],
        &["lines"],
        &["lines", "NTM/10/2024/central/investment"],
        &["events"],
    ] {
        let csv = [question, &["-o", "csv"]].concat();
        let piped = log.ask(&csv).ends(0).stdout;
        assert!(!piped.is_empty() && !piped.contains(MARK), "{piped}");
        let out = [&csv[..], &["--out", text(&file)]].concat();
        assert_eq!(log.ask(&out).ends(0).stdout, "");
        let written = std::fs::read_to_string(&file).expect("a file");
        assert_eq!(written, format!("{MARK}{piped}"), "{question:?}");
        log.ask(&[&out[..], &["--no-bom"]].concat()).ends(0);
        let written = std::fs::read_to_string(&file).expect("a file");
        assert_eq!(written, piped, "{question:?}");
    }
    let json = ["rates", "-o", "json", "--out", text(&file)];
    log.ask(&json).ends(0);
    assert!(
        std::fs::read_to_string(&file)
            .expect("a file")
            .starts_with('{')
    );
}

#[test]
fn an_answer_goes_down_what_is_no_file() {
    let log = Log::new();
    log.record(&allocation("QD-1", 1)).ends(0);
    let mut asked = command(&["rates", "-o", "csv", "--out", "/dev/stderr"]);
    asked.args(["--data", text(log.folder())]);
    let output = asked
        .stdout(Stdio::null())
        .output()
        .expect("the binary runs");
    let written = String::from_utf8_lossy(&output.stderr);
    assert!(
        written.contains("plan") && !written.contains('\u{feff}'),
        "{written}"
    );
    log.ask(&["rates", "-o", "csv", "--out", "/dev/null"])
        .ends(0);
}
