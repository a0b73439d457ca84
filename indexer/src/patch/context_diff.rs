//! Reads context diffs: hunks that show the old lines and then the new ones, each with its context.
//!
//! A half without changed lines may be left out, as the other half has all of its lines.

use bstr::ByteSlice;

use super::diff_line::CONTEXT_SEPARATOR;
use super::document::PatchHunk;
use super::file_name::stamped_name;
use super::file_stamp::is_wrapped_stamp;
use super::lines::{Lines, content};
use super::plain_header::PlainNames;
use super::problem::{ProblemKind, Report};
use crate::hunk::{Hunk, Sign};

/// Reads the `***` and `---` lines that begin at the current line.
///
/// None, without moving, if the lines are no file header, as no hunk follows them.
pub(super) fn read_context_header(lines: &mut Lines<'_>) -> Option<PlainNames> {
    let mut ahead = lines.clone();
    let mut name = |keyword: &[u8]| {
        let name = content(ahead.advance()?).strip_prefix(keyword)?;
        if ahead.peek_content().is_some_and(is_wrapped_stamp) {
            ahead.advance();
        }
        Some(stamped_name(name))
    };
    let (old, new) = (name(b"*** ")?, name(b"--- ")?);
    if !ahead.peek()?.starts_with(CONTEXT_SEPARATOR) {
        return None;
    }
    lines.go_to(ahead.mark());
    Some(PlainNames { old, new })
}

/// Reads the hunk whose separator is the current line; none if it makes no sense, which is reported.
pub(super) fn read_context_hunk(
    lines: &mut Lines<'_>,
    is_crlf_file: bool,
    report: &mut Report,
) -> Option<PatchHunk> {
    let (start, line) = (lines.mark(), lines.number());
    let separator = content(lines.advance()?);
    let section = separator[CONTEXT_SEPARATOR.len()..].trim_start_with(|sign| sign == '*').trim();
    let hunk = read_halves(lines, is_crlf_file).and_then(|(old, new)| joined(old, new));
    let Some(hunk) = hunk else {
        report.add(line, ProblemKind::ContextHunk);
        return None;
    };
    let raw_text = lines.since(start);
    Some(PatchHunk {
        hunk: Hunk { section: section.into(), ..hunk },
        line,
        raw_text: Some(raw_text.into()),
        is_crlf: is_crlf_file,
        is_unterminated: !raw_text.ends_with(b"\n"),
        ..PatchHunk::default()
    })
}

/// One half of a hunk.
struct Half<'a> {
    /// Its first line, counted from 1.
    start: u32,
    /// How many lines it has, whether they are shown or not.
    count: u32,
    lines: Vec<HalfLine<'a>>,
}

struct HalfLine<'a> {
    /// `-`, `+`, `!` or a blank.
    sign: u8,
    text: &'a [u8],
    ends_with_newline: bool,
}

fn read_halves<'a>(lines: &mut Lines<'a>, is_crlf_file: bool) -> Option<(Half<'a>, Half<'a>)> {
    let old = read_half(lines, b"*** ", b" ****", b'-', is_crlf_file)?;
    let new = read_half(lines, b"--- ", b" ----", b'+', is_crlf_file)?;
    Some((old, new))
}

/// Reads a half from its range on.
fn read_half<'a>(
    lines: &mut Lines<'a>,
    before: &[u8],
    behind: &[u8],
    own_sign: u8,
    is_crlf_file: bool,
) -> Option<Half<'a>> {
    let range = lines.peek_content()?.strip_prefix(before)?.trim_end().strip_suffix(behind)?;
    lines.advance();
    let (start, count) = parse_range(range)?;
    let mut half = Half { start, count, lines: Vec::new() };
    while let Some(line) = lines.peek() {
        let text = if is_crlf_file { content(line) } else { line.strip_suffix(b"\n").unwrap_or(line) };
        if text.starts_with(b"\\") {
            half.lines.last_mut()?.ends_with_newline = false;
            lines.advance();
            continue;
        }
        let is_full = half.lines.len() as u64 >= u64::from(count);
        let (sign, text) = match text {
            _ if is_full => break,
            // Mail strips blanks.
            [] | [b' '] => (b' ', &b""[..]),
            [sign, b' ', text @ ..] if *sign == own_sign || matches!(sign, b' ' | b'!') => (*sign, text),
            [sign] if *sign == own_sign || *sign == b'!' => (*sign, &b""[..]),
            _ => break,
        };
        half.lines.push(HalfLine { sign, text, ends_with_newline: true });
        lines.advance();
    }
    let is_whole = half.lines.is_empty() || half.lines.len() as u64 == u64::from(count);
    is_whole.then_some(half)
}

/// Reads `FIRST,LAST` or `FIRST`, which is one line, or none behind that line if no line of it is shown.
fn parse_range(range: &[u8]) -> Option<(u32, u32)> {
    let number = |text: &[u8]| -> Option<u32> { text.to_str().ok()?.trim().parse().ok() };
    match range.split_once_str(",") {
        Some((first, last)) => {
            let (first, last) = (number(first)?, number(last)?);
            Some((first, last.checked_sub(first)?.checked_add(1)?))
        }
        None => number(range).map(|first| (first, u32::from(first > 0))),
    }
}

/// Puts the halves together; none if their context differs.
fn joined(old: Half<'_>, new: Half<'_>) -> Option<Hunk> {
    let has_own = |half: &Half<'_>, signs: &[u8]| half.lines.iter().any(|line| signs.contains(&line.sign));
    // Lines that are replaced stand in both halves, so the half that is left out has context only.
    if (old.lines.is_empty() && has_own(&new, b"!")) || (new.lines.is_empty() && has_own(&old, b"!")) {
        return None;
    }
    let context_of = |half: &Half<'_>| -> Vec<usize> {
        (0..half.lines.len()).filter(|index| half.lines[*index].sign == b' ').collect()
    };
    let mut hunk = Hunk { old_start: old.start, new_start: new.start, ..Hunk::default() };
    let (old_context, new_context) = (context_of(&old), context_of(&new));
    let is_one_sided = old.lines.is_empty() || new.lines.is_empty();
    if !is_one_sided && old_context.len() != new_context.len() {
        return None;
    }
    let contexts = old_context.len().max(new_context.len());
    let (mut old_at, mut new_at) = (0, 0);
    for index in 0..=contexts {
        let old_end = old_context.get(index).copied().unwrap_or(old.lines.len());
        let new_end = new_context.get(index).copied().unwrap_or(new.lines.len());
        let removed = old.lines.get(old_at..old_end).unwrap_or_default();
        let added = new.lines.get(new_at..new_end).unwrap_or_default();
        removed.iter().for_each(|line| push(&mut hunk, Sign::Removed, line));
        added.iter().for_each(|line| push(&mut hunk, Sign::Added, line));
        let (old_line, new_line) = (old.lines.get(old_end), new.lines.get(new_end));
        if let Some(line) = old_line.or(new_line) {
            if old_line.zip(new_line).is_some_and(|(old, new)| old.text != new.text) {
                return None;
            }
            push(&mut hunk, Sign::Context, line);
        }
        (old_at, new_at) = (old_end + 1, new_end + 1);
    }
    let has_counts =
        |half: &Half<'_>, lines: u32| half.count == lines || (half.lines.is_empty() && half.count <= 1);
    let is_changed = hunk.changed_lines().next().is_some();
    if !is_changed || !has_counts(&old, hunk.old_lines) || !has_counts(&new, hunk.new_lines) {
        return None;
    }
    for (start, lines) in [(&mut hunk.old_start, hunk.old_lines), (&mut hunk.new_start, hunk.new_lines)] {
        if *start == 0 && lines > 0 {
            *start = 1;
        }
        start.checked_add(lines)?;
    }
    Some(hunk)
}

fn push(hunk: &mut Hunk, sign: Sign, line: &HalfLine<'_>) {
    hunk.push_line(sign, line.text, line.ends_with_newline);
    hunk.old_lines += u32::from(sign != Sign::Added);
    hunk.new_lines += u32::from(sign != Sign::Removed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch::lines::LineNumbers;

    fn read(text: &str) -> (Option<PatchHunk>, usize) {
        let numbers = LineNumbers::From(1);
        let mut report = Report::new(0);
        let hunk = read_context_hunk(&mut Lines::new(text.as_bytes(), &numbers), false, &mut report);
        (hunk, report.problems.len())
    }

    fn unified(text: &str) -> String {
        let (hunk, problems) = read(text);
        assert_eq!(problems, 0, "{text}");
        let hunk = hunk.expect("a hunk").hunk;
        format!("{}{}", hunk.header(), hunk.body)
    }

    #[test]
    fn halves_become_one_hunk() {
        let text = "*************** int f(void)\n*** 7,11 ****\n  a\n! b\n! c\n- d\n  e\n--- 8,12 ----\n  a\n! B\n  e\n+ f\n+ g\nend\n";
        assert_eq!(unified(text), "@@ -7,5 +8,5 @@ int f(void)\n a\n-b\n-c\n-d\n+B\n e\n+f\n+g\n");
        assert_eq!(read(text).0.and_then(|hunk| hunk.raw_text), Some(text.trim_end_matches("end\n").into()));
    }

    #[test]
    fn half_without_changed_lines_may_be_left_out() {
        assert_eq!(
            unified("***************\n*** 7,8 ****\n--- 7,9 ----\n  a\n+ b\n  c\n"),
            "@@ -7,2 +7,3 @@\n a\n+b\n c\n"
        );
        assert_eq!(
            unified("***************\n*** 7,9 ****\n  a\n- b\n  c\n--- 7,8 ----\n"),
            "@@ -7,3 +7,2 @@\n a\n-b\n c\n"
        );
        assert_eq!(
            unified("***************\n*** 0 ****\n--- 1,2 ----\n+ a\n+ b\n"),
            "@@ -0,0 +1,2 @@\n+a\n+b\n"
        );
        assert_eq!(unified("***************\n*** 5 ****\n--- 6 ----\n+ a\n"), "@@ -5,0 +6 @@\n+a\n");
    }

    #[test]
    fn missing_newline_is_marked() {
        let text = "***************\n*** 1 ****\n! a\n\\ No newline at end of file\n--- 1 ----\n! b\n";
        assert_eq!(unified(text), "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n");
    }

    #[test]
    fn stripped_blanks_leave_empty_lines() {
        let text = "***************\n*** 1,3 ****\n\n! a\n\n--- 1,3 ----\n\n!\n\n";
        assert_eq!(unified(text), "@@ -1,3 +1,3 @@\n \n-a\n+\n \n");
    }

    #[test]
    fn halves_that_do_not_fit_are_reported() {
        for text in [
            "***************\n",
            "***************\n*** 1,2 ****\n  a\n--- 1,2 ----\n  a\n+ b\n",
            "***************\n*** 1 ****\n  a\n--- 1,2 ----\n  x\n+ b\n",
            "***************\n*** 1 ****\n! a\n--- 1 ----\n",
            "***************\n*** 1 ****\n  a\n--- 1 ----\n  a\n",
            "***************\n*** 4294967295,4294967296 ****\n--- 1 ----\n+ a\n",
        ] {
            assert!(matches!(read(text), (None, 1)), "{text}");
        }
    }
}
