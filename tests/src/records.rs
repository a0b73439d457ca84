//! The JSON lines that the program prints.

use serde_json::Value;

/// The records of `text`, one a line.
///
/// # Panics
/// Where a line is no JSON.
pub fn records(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The records of patches, without those of their hunks.
///
/// # Panics
/// Where a line is no JSON.
pub fn patch_records(text: &str) -> Vec<Value> {
    records(text).into_iter().filter(|record| record["type"] == "patch").collect()
}

/// The commit of the first candidate of a record; null where there is none.
pub fn best(record: &Value) -> &Value {
    &record["candidates"][0]["commit"]
}

/// The commits of a record's candidates, in their order.
///
/// # Panics
/// Where the record has no candidates field, or one of them no commit.
pub fn candidate_commits(record: &Value) -> Vec<&str> {
    let candidates = record["candidates"].as_array().unwrap_or_else(|| panic!("no candidates: {record}"));
    candidates
        .iter()
        .map(|candidate| candidate["commit"].as_str().unwrap_or_else(|| panic!("no commit: {candidate}")))
        .collect()
}
