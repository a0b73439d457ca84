//! A file as the page shows it: hunks, lines and origins.

use bstr::{BStr, ByteSlice};
use hunktrace_indexer::hunk::Hunk;
use serde::Serialize;

use super::content::{ReportFile, ReportHunk};
use crate::answer::{CommitIndex, LineOrigin, LineRun, MatchKind};

/// Stands for "no commit" where a commit's index is expected.
const NO_COMMIT: i64 = -1;

/// A file in a data file.
#[derive(Debug, Serialize)]
pub(super) struct FileText<'a> {
    notes: &'a [String],
    hunks: Vec<HunkText>,
}

#[derive(Debug, Serialize)]
struct HunkText {
    /// Old start and lines, new start and lines.
    at: [u32; 4],
    section: String,
    /// The lines with their markers, as in a unified diff.
    body: String,
    /// For each run its changed lines, commit, confidence in thousandths and match kind, one after the other.
    runs: Vec<i64>,
}

impl<'a> FileText<'a> {
    pub(super) fn new(file: &ReportFile<'a>) -> Self {
        Self { notes: file.notes, hunks: file.hunks.iter().map(HunkText::new).collect() }
    }
}

impl HunkText {
    fn new(ReportHunk { hunk, runs }: &ReportHunk<'_>) -> Self {
        Self {
            at: [hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines],
            section: hunk.section.to_str_lossy().into_owned(),
            body: body(hunk),
            runs: runs.iter().flat_map(run_columns).collect(),
        }
    }
}

/// The body rebuilt line by line, so that the page need not know how mail programs strip blanks. Lines are
/// converted one by one: a line that is cut inside of a character cannot swallow the next line's marker.
fn body(hunk: &Hunk) -> String {
    let mut body = String::with_capacity(hunk.body.len());
    for line in hunk.lines() {
        body.push(char::from(line.sign.marker()));
        body.push_str(&line.text.to_str_lossy());
        body.push('\n');
        if !line.ends_with_newline {
            body.push_str("\\ No newline at end of file\n");
        }
    }
    body
}

fn run_columns(run: &LineRun) -> [i64; 4] {
    let lines = i64::from(run.lines);
    match run.origin {
        Some(LineOrigin { commit: CommitIndex(commit), confidence, match_kind }) => [
            lines,
            i64::from(commit),
            i64::from(thousandths(confidence)),
            i64::from(match_number(match_kind)),
        ],
        None => [lines, NO_COMMIT, 0, 0],
    }
}

/// A share from 0 to 1 in thousandths; what is no number counts as 0.
pub(super) fn thousandths(share: f64) -> u16 {
    (share.clamp(0.0, 1.0) * 1000.0).round() as u16
}

/// The number of a match kind in the page's list of their names; 0 stands for none.
pub(super) fn match_number(kind: MatchKind) -> u8 {
    match kind {
        MatchKind::Exact => 1,
        MatchKind::Changes => 2,
        MatchKind::Normalized => 3,
        MatchKind::Partial => 4,
        MatchKind::Fuzzy => 5,
        MatchKind::Implied => 6,
    }
}

/// A path as text: bytes that are no UTF-8 as `\xNN`, so that different paths stay different.
pub(super) fn path_text(path: &BStr) -> String {
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_and_bounded() {
        let shares = [0.12345, -1.0, 7.0, f64::NAN, f64::INFINITY].map(thousandths);
        assert_eq!(shares, [123, 0, 1000, 0, 1000]);
    }

    #[test]
    fn paths_that_are_no_text_stay_different() {
        assert_eq!(path_text(b"a\xff/\xc3\xa4".as_bstr()), "a\\xff/ä");
    }
}
