//! Reads lines of a diff without any header, and code that is no diff at all.
//!
//! Code is asked as lines that a commit has added: how far that holds nobody can tell from it, as any of its lines may be
//! older or younger than the others.

use bstr::{BString, ByteSlice};

use super::document::{FilePatch, Patch, PatchHunk, PatchText};
use super::hunk_reader::{read_bare_lines, read_hunk};
use super::lines::{LineNumbers, Lines, content};
use super::plain::PlainText;
use super::problem::{Problem, ProblemKind, Report};
use super::section::{Opening, sections};
use crate::cancellation::Cancellation;
use crate::hunk::{Hunk, Sign};

/// Reads a text in which `parse` finds no diff by its lines; none if they are those of neither a diff nor of
/// code.
///
/// The document has one file without a name, and a problem that says what its lines were taken for.
pub fn loose_lines(input: &[u8]) -> Option<PatchText> {
    loose_lines_unless(input, &Cancellation::default())
}

/// The same as far as it comes before it is cancelled: then the document means nothing.
pub fn loose_lines_unless(input: &[u8], cancellation: &Cancellation) -> Option<PatchText> {
    let plain = PlainText::of_unless(input, cancellation);
    let text = plain.text();
    if cancellation.is_cancelled() {
        return None;
    }
    // What a mail or the message of a commit says is no code.
    if sections(text).any(|section| section.opening != Opening::Text) || !is_code(text) {
        return None;
    }
    let mut report = Report::new(0);
    let hunks = if is_signed(text) { signed_hunks(text, &mut report) } else { vec![added_code(text)] };
    let first = hunks.first()?;
    let kind = if is_signed(text) { ProblemKind::LooseLines } else { ProblemKind::CodeLines };
    let line = plain.input_line(first.line);
    let file = FilePatch { hunks, ..FilePatch::default() };
    let patch = Patch {
        span: 0..input.len(),
        first_line: 1,
        raw_text: Some(input.into()),
        files: vec![file],
        ..Patch::default()
    };
    let problems = vec![Problem { line, patch: Some(0), path: None, kind }];
    Some(PatchText { patches: vec![patch], problems })
}

/// Whether all lines can stand in a hunk, and some of them are changed.
fn is_signed(text: &[u8]) -> bool {
    let is_changed = |line: &[u8]| matches!(line.first(), Some(b'+' | b'-'));
    let is_possible = |line: &[u8]| {
        line.is_empty()
            || is_changed(line)
            || line.starts_with(b"@@")
            || matches!(line[0], b' ' | b'\t' | b'\\')
    };
    text.lines().all(is_possible) && text.lines().any(is_changed)
}

fn signed_hunks(text: &[u8], report: &mut Report) -> Vec<PatchHunk> {
    const NUMBERS: &LineNumbers = &LineNumbers::From(1);
    let mut lines = Lines::new(text, NUMBERS);
    let mut hunks = Vec::new();
    while let Some(line) = lines.peek() {
        let hunk = match line.starts_with(b"@@") {
            true => read_hunk(&mut lines, false, report),
            false => read_bare_lines(&mut lines),
        };
        match hunk {
            Some(hunk) => hunks.push(hunk),
            // Blank lines, and whatever else is no line of a hunk.
            None if lines.peek() == Some(line) => drop(lines.advance()),
            None => {}
        }
    }
    hunks
}

/// A hunk that adds all lines.
fn added_code(text: &[u8]) -> PatchHunk {
    let lines: Vec<&[u8]> = text.lines_with_terminator().map(content).collect();
    let is_blank = |line: &&[u8]| line.trim().is_empty();
    let above = lines.iter().take_while(|line| is_blank(line)).count();
    let below = lines.iter().rev().take_while(|line| is_blank(line)).count();
    let mut hunk = Hunk::default();
    for line in &lines[above..lines.len().saturating_sub(below).max(above)] {
        hunk.push_line(Sign::Added, line, true);
        hunk.new_lines = hunk.new_lines.saturating_add(1);
    }
    let raw_text = Some(BString::from(text));
    PatchHunk { hunk, line: above + 1, raw_text, ..PatchHunk::default() }
}

/// Whether at least half of the lines that say something are code.
fn is_code(text: &[u8]) -> bool {
    let (mut code, mut others) = (0usize, 0usize);
    for line in text.lines() {
        let line = line.strip_prefix(b"+").or(line.strip_prefix(b"-")).unwrap_or(line).trim();
        if line.is_empty() {
            continue;
        }
        if is_code_line(line) { code += 1 } else { others += 1 }
    }
    code > 0 && code >= others
}

/// Whether a line without its blanks is likelier code than prose.
fn is_code_line(line: &[u8]) -> bool {
    const ENDS: &[u8] = b";{}\\";
    const MARKS: [&str; 11] = ["->", "==", "!=", "+=", "-=", "&&", "||", " = ", "/*", "*/", "::"];
    const BEGINNINGS: [&str; 9] =
        ["#include", "#define", "#if", "#endif", "#else", "//", "* ", "case ", "return "];
    let is_call = |at: usize| at > 0 && (line[at - 1].is_ascii_alphanumeric() || line[at - 1] == b'_');
    line.last().is_some_and(|end| ENDS.contains(end))
        || MARKS.iter().any(|mark| line.contains_str(mark))
        || BEGINNINGS.iter().any(|beginning| line.starts_with_str(beginning))
        || line.find_byte(b'(').is_some_and(is_call)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Vec<Hunk>, ProblemKind)> {
        let PatchText { mut patches, mut problems } = loose_lines(text.as_bytes())?;
        let hunks = patches.remove(0).files.remove(0).hunks.into_iter().map(|hunk| hunk.hunk).collect();
        Some((hunks, problems.remove(0).kind))
    }

    #[test]
    fn lines_with_signs_are_a_hunk() {
        let text = " a(b);\n-\tc = d;\n+\te = f;\n\n }\n";
        let (hunks, kind) = read(text).expect("a hunk");
        assert_eq!((hunks.len(), kind), (1, ProblemKind::LooseLines));
        assert_eq!((hunks[0].old_start, hunks[0].old_lines, hunks[0].new_lines), (0, 4, 4));
        assert_eq!(hunks[0].body, text);
    }

    #[test]
    fn headers_without_numbers_part_hunks() {
        let (hunks, _) = read("@@ ... @@\n-a();\n+b();\n@@\n+c();\n").expect("hunks");
        assert_eq!(
            hunks.iter().map(|hunk| hunk.body.to_string()).collect::<Vec<_>>(),
            ["-a();\n+b();\n", "+c();\n"]
        );
    }

    #[test]
    fn code_without_signs_is_added_lines() {
        let (hunks, kind) = read("\n\tif (a == b)\n\t\treturn c(d);\n\n").expect("code");
        assert_eq!(kind, ProblemKind::CodeLines);
        assert_eq!(hunks[0].body, "+\tif (a == b)\n+\t\treturn c(d);\n");
        assert_eq!((hunks[0].old_lines, hunks[0].new_lines), (0, 2));
    }

    #[test]
    fn prose_and_mails_are_no_code() {
        for text in [
            "",
            "\n",
            "words\n",
            "nothing but words, and (maybe) a few more.\n",
            "- first\n- second\n",
            "From: A <a@b>\nSubject: x\n\nreturn a;\n",
            "commit 1234567\nAuthor: A\n\n    return a;\n",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
