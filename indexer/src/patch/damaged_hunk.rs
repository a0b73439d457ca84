//! Hunks whose lines were damaged on the way: wrapped by mail programs, or made for people's eyes only.

use bstr::ByteSlice;

use super::diff_line::is_diff_line;
use super::hunk_lines::{Counts, LineKind, is_file_header, is_signature, kind_of, take_by_counts};
use super::lines::{Lines, Mark, content};

/// Goes over the lines of a hunk whose header was wrapped, which puts the end of its section on a line of its own. Gives the
/// place where the lines begin if they meet the counts.
pub(super) fn take_below_wrapped_header(
    lines: &mut Lines<'_>,
    header_end: Mark,
    old: u32,
    new: u32,
) -> Option<Mark> {
    lines.go_to(header_end);
    let wrapped = lines.advance()?;
    let is_wrapped = kind_of(wrapped).is_none() && !is_diff_line(wrapped);
    let body_start = lines.mark();
    (is_wrapped && take_by_counts(lines, old, new)).then_some(body_start)
}

/// Goes over the lines of a hunk, joining each that has no sign with the one above. Gives the body and how many were
/// joined, if it meets the counts and all that was joined was too long for one line.
pub(super) fn take_wrapped(
    lines: &mut Lines<'_>,
    body_start: Mark,
    old: u32,
    new: u32,
) -> Option<(Vec<u8>, usize)> {
    lines.go_to(body_start);
    let mut found = Counts { old: 0, new: 0 };
    let mut body: Vec<u8> = Vec::new();
    let (mut joined, mut last_length) = (0, 0);
    while found.old < old || found.new < new {
        let line = lines.peek()?;
        let text = content(line);
        if is_file_header(lines, text) || is_diff_line(line) {
            return None;
        }
        match kind_of(line) {
            Some(LineKind::Text(sign)) => {
                found.add(sign);
                last_length = text.len();
                body.extend_from_slice(text);
            }
            Some(LineKind::Marker) => body.extend_from_slice(text),
            None => {
                let first_word = text.find_byte(b' ').unwrap_or(text.len());
                if last_length + 1 + first_word < NARROWEST_WRAP {
                    return None;
                }
                (joined, last_length) = (joined + 1, text.len());
                body.pop();
                body.push(b' ');
                body.extend_from_slice(text);
            }
        }
        if found.old > old || found.new > new {
            return None;
        }
        body.push(b'\n');
        lines.advance();
    }
    (joined > 0).then_some((body, joined))
}

/// The narrowest that mail programs make their lines, in bytes.
const NARROWEST_WRAP: usize = 60;

/// Goes over the lines of a word diff; whether they are one.
pub(super) fn skip_word_diff(lines: &mut Lines<'_>, body_start: Mark) -> bool {
    lines.go_to(body_start);
    let mut is_word_diff = false;
    while let Some(line) = lines.peek() {
        let text = content(line);
        if is_diff_line(line)
            || is_file_header(lines, text)
            || line.starts_with(b"commit ")
            || is_signature(text)
        {
            break;
        }
        let has_marks = |open: &str, close: &str| {
            text.find(open).is_some_and(|start| text[start + 2..].find(close).is_some())
        };
        is_word_diff |= has_marks("{+", "+}") || has_marks("[-", "-]") || text == b"~";
        lines.advance();
    }
    is_word_diff
}
