//! The YAML files under `deploy/`, read as their readers read them: anchors and merges resolved.
//! Nothing is filled in from an environment; a text that names a variable keeps it.

use serde_json::Value;

use crate::tools::text_of;

/// A file under `deploy/`.
#[track_caller]
pub(crate) fn read(path: &str) -> Value {
    serde_saphyr::from_str(&text_of(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn what_is_merged_gives_way_to_what_stands_there() {
    let text = "a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc: *a\n";
    let read: Value = serde_saphyr::from_str(text).unwrap();
    let expected = serde_json::json!({"x": 1, "y": 3});
    assert_eq!(read["b"], expected);
    assert_eq!(read["c"], read["a"]);
}
