//! Reads one hunk: its header line and as many lines as the header announces.
//!
//! The counts of the header decide where a hunk ends as long as the lines can meet them; only so are removed
//! lines like `-- a/x` told from the file header below. Where the lines cannot meet them the counts are wrong,
//! and the hunk ends where its lines stop looking like lines of a hunk.

use bstr::{BString, ByteSlice};

use super::document::PatchHunk;
use super::lines::{Lines, content, is_crlf};
use super::problem::{ProblemKind, Report};
use crate::hunk::{Hunk, Sign};

/// Whether a line can only be a hunk header, well-formed or not.
pub(super) fn is_header_like(line: &[u8]) -> bool {
    line.strip_prefix(b"@@ -").and_then(|rest| rest.first()).is_some_and(u8::is_ascii_digit)
}

/// Reads the hunk whose header is the current line.
///
/// None if there is nothing to keep: the header makes no sense or no line follows it. That is reported, and the
/// lines that belong to it are skipped. `is_crlf_file` says that all lines of the file header end in CRLF.
pub(super) fn read_hunk(lines: &mut Lines<'_>, is_crlf_file: bool, report: &mut Report) -> Option<PatchHunk> {
    let line = lines.number();
    let raw_header = lines.advance()?;
    let mut header = match parse_header(content(raw_header)) {
        Ok(header) => header,
        Err(kind) => {
            report.add(line, kind);
            skip_body(lines);
            return None;
        }
    };
    let (expected_old, expected_new) = (header.old_lines, header.new_lines);

    let body_start = lines.mark();
    let is_complete = take_by_counts(lines, expected_old, expected_new);
    if is_complete {
        take_marker(lines);
    } else {
        lines.go_to(body_start);
        let found = take_by_shape(lines);
        report.add(line, counts_problem(expected_old, expected_new, found, lines.is_blank_to_end()));
        if found == (Counts { old: 0, new: 0 }) {
            return None;
        }
        (header.old_lines, header.new_lines) = (found.old, found.new);
    }
    let body = lines.since(body_start);
    if header.raise_from_zero() {
        report.add(line, ProblemKind::LineZero);
    }
    if !header.fits() {
        report.add(line, ProblemKind::HunkRange);
        return None;
    }
    Some(build(header, raw_header, body, line, is_crlf_file))
}

/// Puts a hunk together from its header and the lines that belong to it.
fn build(header: Header, raw_header: &[u8], raw_body: &[u8], line: usize, is_crlf_file: bool) -> PatchHunk {
    let is_crlf = is_crlf_file && is_crlf(raw_header) && (raw_body.is_empty() || is_crlf(raw_body));
    let is_unterminated = raw_body.last().is_some_and(|last| *last != b'\n');
    let mut body = Vec::with_capacity(raw_body.len() + usize::from(is_unterminated));
    if is_crlf {
        for line in raw_body.lines_with_terminator() {
            body.extend_from_slice(content(line));
            if line.ends_with(b"\n") {
                body.push(b'\n');
            }
        }
    } else {
        body.extend_from_slice(raw_body);
    }
    if is_unterminated {
        body.push(b'\n');
    }
    let hunk = Hunk {
        old_start: header.old_start,
        old_lines: header.old_lines,
        new_start: header.new_start,
        new_lines: header.new_lines,
        section: header.section.into(),
        body: body.into(),
    };
    let canonical = hunk.header();
    let is_canonical = match is_crlf {
        true => content(raw_header) == content(&canonical),
        false => raw_header == canonical,
    };
    let raw_header = (!is_canonical).then(|| raw_header.into());
    PatchHunk { hunk, line, raw_header, is_crlf, is_unterminated, after: BString::default() }
}

/// What a hunk header says.
#[derive(Debug, PartialEq, Eq)]
struct Header<'a> {
    old_start: u32,
    old_lines: u32,
    new_start: u32,
    new_lines: u32,
    section: &'a [u8],
}

impl Header<'_> {
    /// Whether the lines behind both ranges still have numbers.
    fn fits(&self) -> bool {
        self.old_start.checked_add(self.old_lines).is_some()
            && self.new_start.checked_add(self.new_lines).is_some()
    }

    /// Moves a side that has lines at line 0 to line 1; whether there was one.
    fn raise_from_zero(&mut self) -> bool {
        let mut is_raised = false;
        for (start, lines) in [(&mut self.old_start, self.old_lines), (&mut self.new_start, self.new_lines)] {
            if *start == 0 && lines > 0 {
                *start = 1;
                is_raised = true;
            }
        }
        is_raised
    }
}

/// Reads a hunk header without its line end.
fn parse_header(line: &[u8]) -> Result<Header<'_>, ProblemKind> {
    let rest = line.strip_prefix(b"@@ -").ok_or(ProblemKind::HunkHeader)?;
    let (old, rest) = parse_range(rest)?;
    let rest = rest.strip_prefix(b" +").ok_or(ProblemKind::HunkHeader)?;
    let (new, rest) = parse_range(rest)?;
    let rest = rest.strip_prefix(b" @@").ok_or(ProblemKind::HunkHeader)?;
    let section = rest.strip_prefix(b" ").unwrap_or(rest);
    let header = Header {
        old_start: old.start,
        old_lines: old.lines,
        new_start: new.start,
        new_lines: new.lines,
        section,
    };
    if header.fits() { Ok(header) } else { Err(ProblemKind::HunkRange) }
}

/// Which lines of a side a hunk has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SideRange {
    /// The first line, counted from 1.
    pub start: u32,
    /// The number of lines.
    pub lines: u32,
}

/// Reads `START` or `START,COUNT`; also gives the text behind it.
pub(super) fn parse_range(text: &[u8]) -> Result<(SideRange, &[u8]), ProblemKind> {
    let (start, rest) = parse_number(text)?;
    match rest.strip_prefix(b",") {
        Some(rest) => {
            let (lines, rest) = parse_number(rest)?;
            Ok((SideRange { start, lines }, rest))
        }
        None => Ok((SideRange { start, lines: 1 }, rest)),
    }
}

/// Reads a decimal number; also gives the text behind it.
fn parse_number(text: &[u8]) -> Result<(u32, &[u8]), ProblemKind> {
    let end = text.find_not_byteset(b"0123456789").unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Err(ProblemKind::HunkHeader);
    }
    let number = digits
        .iter()
        .try_fold(0u32, |number, digit| number.checked_mul(10)?.checked_add(u32::from(digit - b'0')))
        .ok_or(ProblemKind::HunkRange)?;
    Ok((number, rest))
}

/// What a line of a hunk is.
enum LineKind {
    /// A line of the file.
    Text(Sign),
    /// A `\ No newline at end of file` line, in any language.
    Marker,
}

/// What the line is if it may stand in a hunk. Mail strips blanks, so an empty line is a context line, and so is
/// one that lost the blank before its tab.
fn kind_of(line: &[u8]) -> Option<LineKind> {
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
struct Counts {
    old: u32,
    new: u32,
}

impl Counts {
    /// Counts one line more; beyond 32 bits the count stands still, and no header fits it.
    fn add(&mut self, sign: Sign) {
        self.old = self.old.saturating_add(u32::from(sign != Sign::Added));
        self.new = self.new.saturating_add(u32::from(sign != Sign::Removed));
    }
}

/// Goes over lines until the counts are used up; whether the lines meet the counts.
///
/// Counts that are too high can be met by the `---` and `+++` lines of the next file. That shows where a hunk with
/// context ends in two such lines right above another hunk: had that been of the same file, there would be
/// context between.
fn take_by_counts(lines: &mut Lines<'_>, old: u32, new: u32) -> bool {
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
fn take_marker(lines: &mut Lines<'_>) {
    if lines.peek().is_some_and(|line| line.starts_with(b"\\")) {
        lines.advance();
    }
}

/// Goes over lines as long as they look like lines of a hunk, without empty lines at the end.
fn take_by_shape(lines: &mut Lines<'_>) -> Counts {
    let mut counts = Counts { old: 0, new: 0 };
    let mut end = (lines.mark(), counts);
    while let Some(line) = lines.peek() {
        let content = content(line);
        if is_signature(content) || is_file_header(lines, content) {
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

/// Skips the lines below a hunk header that makes no sense.
fn skip_body(lines: &mut Lines<'_>) {
    take_by_shape(lines);
}

/// Whether a line begins a mail signature.
fn is_signature(content: &[u8]) -> bool {
    content == b"-- " || content == b"--"
}

/// Whether the current line is the `---` line of a file header.
fn is_file_header(lines: &Lines<'_>, content: &[u8]) -> bool {
    content.starts_with(b"--- ") && lines.second_content().is_some_and(|next| next.starts_with(b"+++ "))
}

/// Skips and reports lines right below a hunk that can only be more of its lines.
pub(super) fn skip_extra_lines(lines: &mut Lines<'_>, report: &mut Report) {
    let is_extra = lines.peek_content().is_some_and(|content| match content.first() {
        Some(b'+') => !content.starts_with(b"+++ "),
        Some(b'-') => !content.starts_with(b"--"),
        Some(b' ') => !content.trim().is_empty(),
        _ => false,
    });
    if !is_extra {
        return;
    }
    let start = lines.mark();
    take_by_shape(lines);
    let extra = lines.since(start).lines_with_terminator().count();
    report.add(lines.number_at(start), ProblemKind::ExtraLines { lines: extra });
}

/// The problem of a hunk whose lines do not meet its counts.
fn counts_problem(expected_old: u32, expected_new: u32, found: Counts, is_cut: bool) -> ProblemKind {
    let (found_old, found_new) = (found.old, found.new);
    if is_cut && found_old <= expected_old && found_new <= expected_new {
        ProblemKind::CutHunk { expected_old, expected_new, found_old, found_new }
    } else {
        ProblemKind::HunkCounts { expected_old, expected_new, found_old, found_new }
    }
}
