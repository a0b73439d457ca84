//! Reads one hunk: its header line and as many lines as belong to it.

use bstr::ByteSlice;

use super::damaged_hunk::{skip_word_diff, take_below_wrapped_header, take_wrapped};
use super::document::PatchHunk;
use super::hunk_lines::{Counts, is_footer, take_by_counts, take_by_shape, take_marker};
use super::lines::{Lines, content, is_crlf};
use super::problem::{ProblemKind, Report};
use crate::hunk::Hunk;

/// Reads the hunk whose header is the current line.
///
/// None if there is nothing to keep: no line follows the header, or it is no unified one. That is reported, and the
/// lines that belong to it are skipped. `is_crlf_file` says that all lines of the file header end in CRLF.
pub(super) fn read_hunk(lines: &mut Lines<'_>, is_crlf_file: bool, report: &mut Report) -> Option<PatchHunk> {
    let line = lines.number();
    let start = lines.mark();
    let raw_header = lines.advance()?;
    let mut header = match parse_header(content(raw_header)) {
        Ok(header) => header,
        Err(ProblemKind::HunkHeader) => return read_by_lines(lines, raw_header, line, is_crlf_file, report),
        Err(kind) => {
            report.add(line, kind);
            // The lines belong to it.
            take_by_shape(lines);
            return None;
        }
    };
    let (expected_old, expected_new) = (header.old_lines, header.new_lines);

    let mut body_start = lines.mark();
    if take_by_counts(lines, expected_old, expected_new) {
        take_marker(lines);
    } else if let Some(behind) = take_below_wrapped_header(lines, body_start, expected_old, expected_new) {
        body_start = behind;
        take_marker(lines);
    } else if let Some((body, joined)) = take_wrapped(lines, body_start, expected_old, expected_new) {
        report.add(line, ProblemKind::WrappedLines { lines: joined });
        let raw_text = Some(lines.since(start).into());
        let hunk = build(header, raw_header, &body, line, is_crlf_file);
        return Some(PatchHunk { raw_text, is_crlf: false, ..hunk });
    } else if skip_word_diff(lines, body_start) {
        report.add(line, ProblemKind::WordDiff);
        return None;
    } else {
        lines.go_to(body_start);
        let found = take_by_shape(lines);
        report.add(line, counts_problem(expected_old, expected_new, found, lines.is_blank_to_end()));
        if found == (Counts { old: 0, new: 0 }) {
            return None;
        }
        (header.old_lines, header.new_lines) = (found.old, found.new);
    }
    let raw_header = lines.between(start, body_start);
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

/// Reads a hunk whose header has no numbers by its lines.
fn read_by_lines(
    lines: &mut Lines<'_>,
    raw_header: &[u8],
    line: usize,
    is_crlf_file: bool,
    report: &mut Report,
) -> Option<PatchHunk> {
    let body_start = lines.mark();
    let found = take_by_shape(lines);
    let body = lines.since(body_start);
    let text = content(raw_header).trim_start_with(|sign| sign == '@');
    let (numbers, section) = text.split_once_str("@@").unwrap_or((b"", text));
    let is_elided = !numbers.iter().any(u8::is_ascii_digit) && !text.starts_with(b" -");
    let has_change = body.lines().any(|line| matches!(line.first(), Some(b'+' | b'-')));
    report
        .add(line, if is_elided && has_change { ProblemKind::ElidedHeader } else { ProblemKind::HunkHeader });
    if !has_change {
        return None;
    }
    let section = section.trim();
    let section = if matches!(section, b"..." | b"\xe2\x80\xa6") { b"" } else { section };
    let header = Header { old_start: 0, old_lines: found.old, new_start: 0, new_lines: found.new, section };
    Some(build(header, raw_header, body, line, is_crlf_file))
}

/// Reads lines of a hunk that stand without any header, from the current one on; none, without moving, if none of them
/// is changed.
pub(super) fn read_bare_lines(lines: &mut Lines<'_>) -> Option<PatchHunk> {
    let (start, line) = (lines.mark(), lines.number());
    let found = take_by_shape(lines);
    let body = lines.since(start);
    if !body.lines().any(|line| matches!(line.first(), Some(b'+' | b'-'))) {
        lines.go_to(start);
        return None;
    }
    let header =
        Header { old_start: 0, old_lines: found.old, new_start: 0, new_lines: found.new, section: b"" };
    Some(build(header, b"", body, line, true))
}

/// Puts a hunk together from its header and the lines that belong to it.
fn build(
    header: Header<'_>,
    raw_header: &[u8],
    raw_body: &[u8],
    line: usize,
    is_crlf_file: bool,
) -> PatchHunk {
    let is_crlf = is_crlf_file
        && (raw_header.is_empty() || is_crlf(raw_header))
        && (raw_body.is_empty() || is_crlf(raw_body));
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
    PatchHunk { hunk, line, raw_header, is_crlf, is_unterminated, ..PatchHunk::default() }
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

/// Skips and reports lines right below a hunk that can only be more of its lines.
pub(super) fn skip_extra_lines(lines: &mut Lines<'_>, report: &mut Report) {
    let is_extra = lines.peek_content().is_some_and(|content| match content.first() {
        Some(b'+') => !content.starts_with(b"+++ "),
        Some(b'-') => !content.starts_with(b"--") && !is_footer(lines, content),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch::lines::LineNumbers;

    fn read(text: &str) -> (Option<PatchHunk>, Vec<ProblemKind>, String) {
        let numbers = LineNumbers::From(1);
        let mut report = Report::new(0);
        let mut lines = Lines::new(text.as_bytes(), &numbers);
        let hunk = read_hunk(&mut lines, false, &mut report);
        skip_extra_lines(&mut lines, &mut report);
        let rest = std::iter::from_fn(|| lines.advance()).collect::<Vec<_>>().concat();
        let problems = report.problems.into_iter().map(|problem| problem.kind).collect();
        (hunk, problems, String::from_utf8_lossy(&rest).into_owned())
    }

    #[test]
    fn header_without_numbers_leaves_the_lines() {
        for (header, section) in [
            ("@@ ... @@", ""),
            ("@@", ""),
            ("@@ @@ int f(void)", "int f(void)"),
            ("@@ int f(void)", "int f(void)"),
        ] {
            let (hunk, problems, rest) = read(&format!("{header}\n a\n-b\n+c\n\nend\n"));
            let hunk = hunk.expect("a hunk").hunk;
            assert_eq!(problems, [ProblemKind::ElidedHeader], "{header}");
            assert_eq!((hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines), (0, 2, 0, 2));
            assert_eq!((hunk.section, hunk.body), (section.into(), " a\n-b\n+c\n".into()));
            assert_eq!(rest, "\nend\n");
        }
    }

    #[test]
    fn header_without_numbers_and_changed_lines_is_none() {
        assert_eq!(read("@@\nexpression e;\n@@\n").1, [ProblemKind::HunkHeader]);
    }

    #[test]
    fn footer_of_a_list_is_no_line_of_the_hunk() {
        for counts in ["-1 +1", "-1,3 +1,3"] {
            let (hunk, problems, rest) =
                read(&format!("@@ {counts} @@\n-a\n+b\n-\nTo unsubscribe from this list\n"));
            assert_eq!(hunk.expect("a hunk").hunk.body, "-a\n+b\n");
            assert_eq!(problems.len(), usize::from(counts != "-1 +1"), "{problems:?}");
            assert_eq!(rest, "-\nTo unsubscribe from this list\n");
        }
    }

    #[test]
    fn wrapped_section_belongs_to_the_header() {
        let (hunk, problems, rest) =
            read("@@ -1,2 +1,2 @@ struct buffer_head *f(struct\nsuper_block *sb)\n-a\n+b\n c\n");
        let hunk = hunk.expect("a hunk");
        assert_eq!((hunk.hunk.body, problems, rest.as_str()), ("-a\n+b\n c\n".into(), vec![], ""));
        assert!(hunk.raw_header.expect("another header").ends_with(b"*sb)\n"));
    }

    #[test]
    fn wrapped_lines_are_joined_where_that_meets_the_counts() {
        let long = "x".repeat(70);
        let text = format!("@@ -1,2 +1,2 @@\n-a\n+{long}\nb);\n c\n");
        let (hunk, problems, _) = read(&text);
        let hunk = hunk.expect("a hunk");
        assert_eq!(hunk.hunk.body, format!("-a\n+{long} b);\n c\n"));
        assert_eq!(problems, [ProblemKind::WrappedLines { lines: 1 }]);
        assert_eq!(hunk.raw_text, Some(text.into()));
        assert!(matches!(
            read("@@ -1,2 +1,2 @@\n-a\n+short\nb);\n c\n").1[..],
            [ProblemKind::HunkCounts { .. }]
        ));
    }

    #[test]
    fn word_diff_is_named_and_passed_over() {
        for lines in ["a {+b+} c\n", "a[-b-]\n", " a\n-b\n~\n c\n~\n"] {
            let (hunk, problems, rest) = read(&format!("@@ -1,9 +1,9 @@\n{lines}diff --git a/x b/x\n"));
            assert_eq!(
                (hunk, problems, rest.as_str()),
                (None, vec![ProblemKind::WordDiff], "diff --git a/x b/x\n")
            );
        }
    }
}
