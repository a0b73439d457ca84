//! A commit that was asked after, as a JSON line.

use hunktrace_release::tree_question::{CheckedCommit, CheckedHunk, CheckedLine};
use serde_json::{Value, json};

/// The commit as a line.
///
/// # Errors
/// If the record cannot be written as JSON.
pub fn check_line(commit: &CheckedCommit) -> serde_json::Result<String> {
    let record = json!({
        "type": "check",
        "asked": commit.asked,
        "commit": non_empty(&commit.commit),
        "state": commit.state.name(),
        "by": non_empty(&commit.by),
        "sure": commit.is_sure,
        "judged_by": non_empty(&commit.judged_by),
        "subject": commit.subject,
        "first_release": non_empty(&commit.first_release),
        "subsystem": non_empty(&commit.subsystem),
        "carriers": commit.carriers,
        "equivalents": commit.equivalents,
        "hunks": commit.hunks.iter().map(hunk_record).collect::<Vec<_>>(),
        "problem": non_empty(&commit.problem),
    });
    serde_json::to_string(&record).map(|line| line + "\n")
}

fn hunk_record(hunk: &CheckedHunk) -> Value {
    json!({
        "file": hunk.path.to_string(),
        "vendor_file": non_empty(&hunk.vendor_path.to_string()),
        "old_start": hunk.old_start,
        "section": hunk.section.to_string(),
        "state": hunk.state.name(),
        "by": non_empty(&hunk.by),
        "vendor_start": hunk.vendor_start,
        "vendor_lines": hunk.vendor_lines,
        "applies": hunk.obstacle.is_empty(),
        "obstacle": non_empty(&hunk.obstacle),
        "lines": hunk.lines.iter().map(line_record).collect::<Vec<_>>(),
    })
}

fn line_record(line: &CheckedLine) -> Value {
    let vendor_line = Some(line.vendor_line).filter(|line| *line > 0);
    json!({"text": line.text.to_string(), "state": line.state.name(), "vendor_line": vendor_line})
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
