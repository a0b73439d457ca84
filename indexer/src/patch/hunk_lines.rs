//! The lines that a hunk consists of, told by its counts or by how they look.
//!
//! The counts of the header decide where a hunk ends as long as the lines can meet them; only so are removed
//! lines like `-- a/x` told from the file header below. Where the lines cannot meet them the counts are wrong,
//! and the hunk ends where its lines stop looking like lines of a hunk.

use bstr::ByteSlice;

use super::lines::{Lines, content};
use crate::hunk::Sign;

/// Whether a line can only be a hunk header, well-formed or not.
pub(super) fn is_header_like(line: &[u8]) -> bool {
    line.strip_prefix(b"@@ -").and_then(|rest| rest.first()).is_some_and(u8::is_ascii_digit)
}

/// What a line of a hunk is.
pub(super) enum LineKind {
    /// A line of the file.
    Text(Sign),
    /// A `\ No newline at end of file` line, in any language.
    Marker,
}

/// What the line is if it may stand in a hunk. Mail strips blanks, so an empty line is a context line, and so is
/// one that lost the blank before its tab.
pub(super) fn kind_of(line: &[u8]) -> Option<LineKind> {
    match content(line).first() {
        None | Some(b' ' | b'\t') => Some(LineKind::Text(Sign::Context)),
        Some(b'-') => Some(LineKind::Text(Sign::Removed)),
        Some(b'+') => Some(LineKind::Text(Sign::Added)),
        Some(b'\\') => Some(LineKind::Marker),
        Some(_) => None,
    }
}

/// Old and new lines of a hunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    /// Lines of the old side.
    pub old: u32,
    /// Lines of the new side.
    pub new: u32,
}

impl Counts {
    /// Counts one line more; beyond 32 bits the count stands still, and no header fits it.
    pub fn add(&mut self, sign: Sign) {
        self.old = self.old.saturating_add(u32::from(sign != Sign::Added));
        self.new = self.new.saturating_add(u32::from(sign != Sign::Removed));
    }
}

/// Goes over lines until the counts are used up; whether the lines meet the counts.
///
/// Counts that are too high can be met by the `---` and `+++` lines of the next file. That shows where a hunk with
/// context ends in two such lines right above another hunk: had that been of the same file, there would be
/// context between.
pub(super) fn take_by_counts(lines: &mut Lines<'_>, old: u32, new: u32) -> bool {
    let mut found = Counts { old: 0, new: 0 };
    let mut has_context = false;
    let mut last_two: [&[u8]; 2] = [b"", b""];
    while found.old < old || found.new < new {
        let Some(line) = lines.peek() else { return false };
        match kind_of(line) {
            Some(LineKind::Text(sign)) => {
                found.add(sign);
                has_context |= sign == Sign::Context;
            }
            Some(LineKind::Marker) => {}
            None => return false,
        }
        if found.old > old || found.new > new {
            return false;
        }
        last_two = [last_two[1], line];
        lines.advance();
    }
    let ends_in_header = last_two[0].starts_with(b"--- ") && last_two[1].starts_with(b"+++ ");
    !(has_context && ends_in_header && lines.peek().is_some_and(is_header_like))
}

/// Goes over the `\ No newline at end of file` line that may follow the last line.
pub(super) fn take_marker(lines: &mut Lines<'_>) {
    if lines.peek().is_some_and(|line| line.starts_with(b"\\")) {
        lines.advance();
    }
}

/// Goes over lines as long as they look like lines of a hunk, without empty lines at the end.
pub(super) fn take_by_shape(lines: &mut Lines<'_>) -> Counts {
    let mut counts = Counts { old: 0, new: 0 };
    let mut end = (lines.mark(), counts);
    while let Some(line) = lines.peek() {
        let content = content(line);
        if is_signature(content) || is_file_header(lines, content) || is_footer(lines, content) {
            break;
        }
        match kind_of(line) {
            Some(LineKind::Text(sign)) => counts.add(sign),
            Some(LineKind::Marker) => {}
            None => break,
        }
        lines.advance();
        if !content.is_empty() {
            end = (lines.mark(), counts);
        }
    }
    lines.go_to(end.0);
    end.1
}

/// Whether a line begins a mail signature.
pub(super) fn is_signature(content: &[u8]) -> bool {
    content == b"-- " || content == b"--"
}

/// Whether the current line is the dash above what a mailing list has added.
pub(super) fn is_footer(lines: &Lines<'_>, content: &[u8]) -> bool {
    content.trim_end() == b"-"
        && lines.second_content().is_some_and(|next| !next.is_empty() && kind_of(next).is_none())
}

/// Whether the current line is the `---` line of a file header.
pub(super) fn is_file_header(lines: &Lines<'_>, content: &[u8]) -> bool {
    content.starts_with(b"--- ") && lines.second_content().is_some_and(|next| next.starts_with(b"+++ "))
}
