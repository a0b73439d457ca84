//! Cuts an input where a new mail or commit begins.
//!
//! No line of a hunk can look like such a beginning, as each begins with a blank, a sign or a backslash; so the
//! cuts are found without reading hunks, in one pass.

use std::ops::Range;
use std::rc::Rc;

use bstr::ByteSlice;

use super::bounds::Reading;
use super::commit_head::{commit_id, is_commit_field, is_oneline};
use super::diff_line::{is_diff_line, is_diffstat};
use super::lines::{LineNumbers, Lines, content};
use super::mail_head::{header_block, is_header_line, is_mbox_line, starts_header_block};

/// How a section begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// In no particular way.
    Text,
    /// With the head of a mail, possibly below a `From ` line.
    Mail,
    /// With the `commit` line of a log.
    Commit,
    /// With the only line about a commit in `git log --oneline`.
    Oneline,
}

/// One part of an input that becomes one patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The bytes of the input.
    pub span: Range<usize>,
    /// The line of the input that the section begins at, counted from 1.
    pub first_line: usize,
    /// How it begins.
    pub(super) opening: Opening,
    /// Where in the input the opening stands: text without a diff may precede it.
    pub(super) head: usize,
}

/// Cuts an input where a new mail or commit begins, without reading its diffs.
///
/// The sections in a row are the input. Each read by itself with `patch::parse` gives the patch and problems
/// that it has in the whole input, with lines counted from the section's first. An empty input has no section.
pub fn sections(input: &[u8]) -> Sections<'_> {
    sections_within(input, &Rc::default())
}

/// The same for as long as the reading goes on.
pub(super) fn sections_within<'a>(input: &'a [u8], reading: &Rc<Reading>) -> Sections<'a> {
    const NUMBERS: &LineNumbers = &LineNumbers::From(1);
    Sections { lines: Lines::within(input, NUMBERS, reading), start: 0, no_mail_before: 0 }
}

/// Goes over the sections of an input.
#[derive(Clone, Debug)]
pub struct Sections<'a> {
    lines: Lines<'a>,
    /// Where the next section begins.
    start: usize,
    /// Header lines before this offset are known not to begin a mail.
    no_mail_before: usize,
}

impl Iterator for Sections<'_> {
    type Item = Section;

    fn next(&mut self) -> Option<Section> {
        self.lines.peek()?;
        let mut section = Section {
            span: self.start..self.start,
            first_line: self.lines.number(),
            opening: Opening::Text,
            head: self.lines.mark().offset,
        };
        let mut is_blank = true;
        let mut has_diff = false;
        while let Some(line) = self.lines.peek() {
            if let Some(opening) = self.opening(line, section.opening, is_blank, has_diff) {
                let is_first = section.opening == Opening::Text && !has_diff;
                if !is_first {
                    break;
                }
                section.opening = opening;
                section.head = self.lines.mark().offset;
            }
            is_blank &= line.trim().is_empty();
            has_diff |= is_diff_line(line);
            self.lines.advance();
        }
        self.start = self.lines.mark().offset;
        section.span.end = self.start;
        Some(section)
    }
}

impl Sections<'_> {
    /// What the current line opens, given the section that it would end or lead: how that began, whether nothing
    /// but blank lines precede the line there, and whether a diff does.
    fn opening(&mut self, line: &[u8], current: Opening, is_blank: bool, has_diff: bool) -> Option<Opening> {
        match line.first()? {
            b'F' if is_mbox_line(content(line)) => {
                self.lines.second_content().is_some_and(starts_header_block).then_some(Opening::Mail)
            }
            b'c' if line.starts_with(b"commit ") => {
                // A mail may quote a log in its message, but not behind its diff.
                let is_allowed = current != Opening::Mail || has_diff;
                let is_commit = is_allowed && commit_id(content(line)).is_some();
                (is_commit && self.lines.second_content().is_some_and(is_commit_field))
                    .then_some(Opening::Commit)
            }
            b'0'..=b'9' | b'a'..=b'f' if self.is_oneline_head(line, current, has_diff) => {
                Some(Opening::Oneline)
            }
            b'A'..=b'Z' | b'a'..=b'z' => self.header_block(line, current, is_blank, has_diff),
            _ => None,
        }
    }

    /// Whether the current line is all that `git log --oneline` says of a commit: what the commit changes has to follow.
    fn is_oneline_head(&self, line: &[u8], current: Opening, has_diff: bool) -> bool {
        if !is_oneline(content(line)) || (current == Opening::Mail && !has_diff) {
            return false;
        }
        self.lines
            .second_content()
            .is_some_and(|next| next.starts_with(b"diff --") || is_diffstat(next) || next == b"---")
    }

    /// Whether the current line begins the head of a mail without a `From ` line above it: at the beginning of
    /// the input, or behind the diff of another patch.
    fn header_block(
        &mut self,
        line: &[u8],
        current: Opening,
        is_blank: bool,
        has_diff: bool,
    ) -> Option<Opening> {
        let offset = self.lines.mark().offset;
        let is_possible = has_diff || (is_blank && current == Opening::Text);
        if !is_possible || offset < self.no_mail_before || !is_header_line(content(line)) {
            return None;
        }
        let block = header_block(&self.lines, has_diff);
        if !block.is_mail {
            self.no_mail_before = block.end;
        }
        block.is_mail.then_some(Opening::Mail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(input: &str) -> Vec<(Opening, usize, String)> {
        let pieces: Vec<Section> = super::sections(input.as_bytes()).collect();
        let mut end = 0;
        for piece in &pieces {
            assert_eq!(piece.span.start, end);
            end = piece.span.end;
        }
        assert_eq!(end, input.len());
        pieces
            .iter()
            .map(|piece| {
                let first_line = input[piece.head..].lines().next().unwrap_or_default();
                (piece.opening, piece.first_line, first_line.to_owned())
            })
            .collect()
    }

    const DIFF: &str = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-From me\n+commit 1234567\n";

    #[test]
    fn plain_text_is_one_section() {
        assert_eq!(sections(DIFF), [(Opening::Text, 1, "--- a/x".into())]);
        assert_eq!(sections(""), []);
    }

    #[test]
    fn mailbox_is_cut_at_its_from_lines() {
        let from = "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n";
        let mail = format!(
            "{from}From: A <a@b>\nSubject: x\n\nFrom here on\n>From there\n---\n{DIFF}-- \n2.30.1\n\n"
        );
        let expected = |line| (Opening::Mail, line, from.trim_end().to_owned());
        assert_eq!(sections(&format!("{mail}{mail}")), [expected(1), expected(16)]);
    }

    #[test]
    fn log_is_cut_at_its_commit_lines() {
        let log = format!(
            "commit 1234567 (HEAD)\nAuthor: A <a@b>\n\n    commit 7654321\n    Author: B\n\n{DIFF}\n"
        );
        let merge = "commit 1234567\nMerge: 1 2\nAuthor: A <a@b>\n\n    m\n\n";
        assert_eq!(
            sections(&format!("{log}{merge}{log}")),
            [
                (Opening::Commit, 1, "commit 1234567 (HEAD)".into()),
                (Opening::Commit, 13, "commit 1234567".into()),
                (Opening::Commit, 19, "commit 1234567 (HEAD)".into()),
            ]
        );
    }

    #[test]
    fn log_in_one_line_each_is_cut_at_its_commits() {
        let diff = format!("diff --git a/x b/x\n{DIFF}");
        let log = format!("1234567 (HEAD) one\n{diff}7654321 two: three\n x | 2 +-\n\n{diff}");
        assert_eq!(
            sections(&log),
            [
                (Opening::Oneline, 1, "1234567 (HEAD) one".into()),
                (Opening::Oneline, 8, "7654321 two: three".into()),
            ]
        );
        let mail = format!("From: A <a@b>\nSubject: x\n\n1234567 one\n{diff}");
        assert_eq!(sections(&mail).len(), 1, "a mail may name commits");
    }

    #[test]
    fn text_without_a_diff_belongs_to_what_follows() {
        let text = "tag v1\nTagger: A <a@b>\n\nv1\n\ncommit 1234567\nAuthor: A <a@b>\n\n    x\n";
        assert_eq!(sections(text), [(Opening::Commit, 1, "commit 1234567".into())]);
    }

    #[test]
    fn log_quoted_in_a_mail_does_not_cut_it() {
        let text = format!("From: A <a@b>\nSubject: x\n\ncommit 1234567\nAuthor: A <a@b>\n\n    x\n\n{DIFF}");
        assert_eq!(sections(&text), [(Opening::Mail, 1, "From: A <a@b>".into())]);
    }

    #[test]
    fn mails_without_from_lines_are_cut_behind_their_diffs() {
        let mail = format!("From: A <a@b>\nSubject: x\n\nmessage\n\n{DIFF}");
        let expected = |line| (Opening::Mail, line, "From: A <a@b>".to_owned());
        assert_eq!(sections(&format!("{mail}{mail}")), [expected(1), expected(11)]);
    }

    #[test]
    fn forms_may_be_mixed() {
        let log = format!("commit 1234567\nAuthor: A <a@b>\n\n    x\n\n{DIFF}\n");
        let mail = format!("From a@b Thu Jan  1 00:00:00 1970\nFrom: A <a@b>\nSubject: x\n\n{DIFF}");
        let openings: Vec<_> =
            sections(&format!("{DIFF}\n{mail}{log}{mail}")).into_iter().map(|s| s.0).collect();
        assert_eq!(openings, [Opening::Text, Opening::Mail, Opening::Commit, Opening::Mail]);
    }
}
