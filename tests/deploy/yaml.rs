//! YAML files, read as their readers read them: anchors and merges resolved.
//! Nothing is filled in from an environment; a text that names a variable keeps it.

use std::fs;

use serde_json::Value;

use crate::tools::top;

/// A file under `deploy/`.
#[track_caller]
pub(crate) fn read(path: &str) -> Value {
    read_at_top(&format!("deploy/{path}"))
}

/// A file of the repository.
#[track_caller]
pub(crate) fn read_at_top(path: &str) -> Value {
    let text = fs::read_to_string(top().join(path));
    let text = text.unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn what_is_merged_gives_way_to_what_stands_there() {
    let text = "a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc: *a\n";
    let read: Value = serde_saphyr::from_str(text).unwrap();
    let expected = serde_json::json!({"x": 1, "y": 3});
    assert_eq!(read["b"], expected);
    assert_eq!(read["c"], read["a"]);
}
