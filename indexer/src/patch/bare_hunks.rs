//! Reads the hunks of one file that stand without a file header.

use std::rc::Rc;

use super::bounds::{ReadBounds, Reading};
use super::hunk_lines::is_header_like;
use super::hunk_reader::{read_hunk, skip_extra_lines};
use super::lines::{LineNumbers, Lines};
use super::problem::{Problem, ProblemKind, Report};
use crate::cancellation::Cancellation;
use crate::hunk::Hunk;

/// Reads hunks as they stand in a unified diff from the first `@@` on.
///
/// Lines that belong to no hunk, like the blank line at the end of a mail, are passed over. Lines that end in CRLF keep
/// their carriage return: without a header there is no telling transport's from the file's.
///
/// # Errors
/// The first thing that cannot be read; its line counts from 1 at the beginning of the text. A text without a hunk is
/// [`ProblemKind::NoDiff`].
pub fn bare_hunks(text: &[u8]) -> Result<Vec<Hunk>, Problem> {
    bare_hunks_unless(text, &Cancellation::default())
}

/// The same as far as it comes before it is cancelled: then neither hunks nor problems mean anything.
///
/// # Errors
/// As of [`bare_hunks`].
pub fn bare_hunks_unless(text: &[u8], cancellation: &Cancellation) -> Result<Vec<Hunk>, Problem> {
    const NUMBERS: &LineNumbers = &LineNumbers::From(1);
    let bounds = ReadBounds { cancellation: cancellation.clone(), ..ReadBounds::default() };
    let mut lines = Lines::within(text, NUMBERS, &Rc::new(Reading::new(&bounds)));
    let mut report = Report::new(0);
    let mut hunks = Vec::new();
    let mut is_behind_hunk = true;
    while let Some(line) = lines.peek() {
        let begins_hunk =
            is_header_like(line) || (is_behind_hunk && line.starts_with(b"@@") && !line.starts_with(b"@@@"));
        is_behind_hunk = begins_hunk;
        if !begins_hunk {
            lines.advance();
            continue;
        }
        let hunk = read_hunk(&mut lines, false, &mut report);
        if hunk.is_some() {
            skip_extra_lines(&mut lines, &mut report);
        }
        if !report.problems.is_empty() {
            return Err(report.problems.swap_remove(0));
        }
        hunks.extend(hunk.map(|hunk| hunk.hunk));
    }
    if hunks.is_empty() {
        return Err(Problem { line: 1, patch: None, path: None, kind: ProblemKind::NoDiff });
    }
    Ok(hunks)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "@@ -1 +1 @@ f\n-a\n+b\n@@ -9,0 +9,2 @@\n+c\n+d\n";

    fn problem(text: &str) -> (usize, String) {
        let problem = bare_hunks(text.as_bytes()).expect_err("it cannot be read");
        (problem.line, problem.kind.to_string())
    }

    #[test]
    fn hunks_are_read_in_their_order() {
        let hunks = bare_hunks(TWO.as_bytes()).expect("two hunks");
        assert_eq!(hunks.iter().map(|hunk| hunk.old_start).collect::<Vec<_>>(), [1, 9]);
        assert_eq!(hunks[0].section, "f");
        assert_eq!(hunks[1].body, "+c\n+d\n");
    }

    #[test]
    fn lines_are_counted_from_the_first_of_the_text() {
        assert_eq!(problem("@@ nothing\n"), (1, "hunk header cannot be read".to_owned()));
        let (line, kind) = problem(&format!("{TWO}@@ -20,3 +20 @@\n-a\n"));
        assert_eq!(line, 7);
        assert!(kind.starts_with("patch ends inside a hunk"), "{kind}");
        let (line, kind) = problem("@@ -1 +1 @@\n-a\n+b\n+c\n");
        assert_eq!(
            (line, kind.as_str()),
            (4, "1 more line follows a hunk that is complete by its header's counts")
        );
    }

    #[test]
    fn removed_lines_that_look_like_a_file_header_stay_in_their_hunk() {
        let hunks = bare_hunks(b"@@ -1,2 +1 @@\n--- a/x\n-b\n+++ b/x\n").expect("a hunk");
        assert_eq!(hunks.len(), 1);
        assert_eq!(hunks[0].body, "--- a/x\n-b\n+++ b/x\n");
    }

    #[test]
    fn lines_between_hunks_are_passed_over() {
        let text = format!("{TWO}\nwords\n@@ -30 +30 @@\n-a\n+b\n\n");
        assert_eq!(bare_hunks(text.as_bytes()).expect("three hunks").len(), 3);
    }

    #[test]
    fn carriage_returns_belong_to_the_file() {
        let hunks = bare_hunks(b"@@ -1 +1 @@\n-a\r\n+b\r\n").expect("a hunk");
        assert_eq!(hunks[0].body, "-a\r\n+b\r\n");
    }

    #[test]
    fn text_without_a_hunk_is_no_diff() {
        assert_eq!(problem("words\n"), (1, "no diff found".to_owned()));
    }
}
