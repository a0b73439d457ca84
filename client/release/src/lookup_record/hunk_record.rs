//! A candidate's hunk, as `lookup` and `show` give it in JSON.

use hunktrace_proto::v1::CandidateHunk;
use serde::Serialize;

/// A hunk of an indexed commit, as `lookup --explain` and `show --hunks` give it.
#[derive(Serialize)]
pub struct HunkRecord<'a> {
    commit: &'a str,
    old_path: &'a str,
    new_path: &'a str,
    old_start: u32,
    old_lines: u32,
    new_start: u32,
    new_lines: u32,
    section: &'a str,
    /// Bytes that are no UTF-8 are replaced.
    body: String,
}

/// A hunk as a record.
pub fn hunk_record(hunk: &CandidateHunk) -> HunkRecord<'_> {
    HunkRecord {
        commit: &hunk.commit,
        old_path: &hunk.old_path,
        new_path: &hunk.new_path,
        old_start: hunk.old_start,
        old_lines: hunk.old_lines,
        new_start: hunk.new_start,
        new_lines: hunk.new_lines,
        section: &hunk.section,
        body: String::from_utf8_lossy(&hunk.body).into_owned(),
    }
}
