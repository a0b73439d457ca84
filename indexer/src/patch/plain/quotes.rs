//! Takes quote marks and indentation off a diff.
//!
//! They are what stands in front of a line by which a diff is known. Between the lines of a quoted diff stand the remarks of
//! whoever quotes it; these are left out.

use bstr::ByteSlice;

use super::stripped::Stripped;
use crate::patch::diff_line::{is_diff_line, is_name_line};
use crate::patch::lines::content;
use crate::patch::mail_head::is_mbox_line;
use crate::patch::section::{Opening, sections};

/// What mail programs put in front of what they quote.
const QUOTE_MARKS: &[u8] = b">|:%}";

/// The widest that quotes or indentation may be, in bytes: beyond what people read.
const WIDEST: usize = 60;

/// Takes quote marks or indentation off; none if no diff stands behind any.
pub(super) fn strip_quotes(text: &[u8]) -> Option<Stripped> {
    let mut prefix = text.lines_with_terminator().find_map(prefix_of_diff)?;
    // The message of a commit is indented in a log, with all that it quotes.
    if !is_quoted(prefix) && sections(text).any(|section| section.opening == Opening::Commit) {
        return None;
    }
    let mut stripped = Stripped { text: Vec::with_capacity(text.len()), kept: Some(Vec::new()) };
    let mut is_in_diff = false;
    for (index, line) in text.lines_with_terminator().enumerate() {
        prefix = prefix_of_diff(line).unwrap_or(prefix);
        let kept = match without(line, prefix) {
            // A remark that was quoted with the diff.
            Some(rest) if is_in_diff && is_quoted(prefix) && is_quoted(&rest[..rest.len().min(1)]) => {
                continue;
            }
            Some(rest) => {
                is_in_diff |= is_diff_line(rest) || is_name_line(rest);
                rest
            }
            None => {
                is_in_diff &= !is_mbox_line(content(line));
                if is_in_diff && is_quoted(prefix) {
                    continue;
                }
                line
            }
        };
        stripped.text.extend_from_slice(kept);
        stripped.kept.get_or_insert_default().push(index);
    }
    Some(stripped)
}

/// What stands in front of the line of a diff; none if nothing does, or the line is none.
fn prefix_of_diff(line: &[u8]) -> Option<&[u8]> {
    let is_possible = |byte: &u8| matches!(byte, b' ' | b'\t') || QUOTE_MARKS.contains(byte);
    let end = line.iter().take(WIDEST).position(|byte| !is_possible(byte))?;
    (end > 0 && is_diff_line(&line[end..])).then_some(&line[..end])
}

/// Whether a text holds a diff behind quote marks, indentation or a drawn graph.
pub(super) fn holds_diff_behind_marks(text: &[u8]) -> bool {
    text.lines_with_terminator().any(|line| prefix_of_diff(line).is_some())
}

fn is_quoted(prefix: &[u8]) -> bool {
    prefix.iter().any(|byte| QUOTE_MARKS.contains(byte))
}

/// A line without the prefix, of which blanks at the end may be missing; none if it does not begin so.
fn without<'a>(line: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    if let Some(rest) = line.strip_prefix(prefix) {
        return Some(rest);
    }
    let text = content(line);
    let marks = prefix.trim_end();
    if text.trim_end() == marks {
        return Some(&line[text.len()..]);
    }
    line.strip_prefix(marks)
        .filter(|_| !marks.is_empty())
        .filter(|rest| matches!(rest[0], b'+' | b'-' | b'@' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> Option<String> {
        strip_quotes(text.as_bytes()).map(|stripped| String::from_utf8_lossy(&stripped.text).into_owned())
    }

    const DIFF: &str = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n-a\n+\tb\n \n c\n";

    fn behind(prefix: &str) -> String {
        DIFF.lines().map(|line| format!("{prefix}{line}\n")).collect()
    }

    #[test]
    fn quote_marks_and_indentation_are_taken_off() {
        for prefix in ["> ", ">", ">> ", "> > ", "| ", "  ", "\t", "    > "] {
            assert_eq!(stripped(&behind(prefix)).as_deref(), Some(DIFF), "{prefix:?}");
        }
    }

    #[test]
    fn blanks_that_were_lost_behind_quote_marks_are_no_matter() {
        let expected = DIFF.replace("\n \n", "\n\n");
        assert_eq!(stripped(&behind("> ").replace(">  \n", ">\n")), Some(expected));
    }

    #[test]
    fn remarks_between_quoted_lines_are_left_out() {
        let remarked = behind("> ").replace("> +\tb\n", "> +\tb\n\nThis is wrong.\n> > I know.\n\n");
        let text = stripped(&format!("A wrote:\n{remarked}\nYours\n")).expect("a diff");
        assert_eq!(text, format!("A wrote:\n{DIFF}"));
    }

    #[test]
    fn next_mail_of_a_mailbox_is_no_remark() {
        let from = "From a@b Thu Jan  1 00:00:00 1970\nFrom: A <a@b>\n\nHe wrote:\n";
        assert_eq!(
            stripped(&format!("{from}{}{from}{}", behind("> "), behind(">> "))),
            Some(format!("{from}{DIFF}{from}{DIFF}"))
        );
    }

    #[test]
    fn text_below_an_indented_diff_stays() {
        assert_eq!(stripped(&format!("see\n{}\nend\n", behind("  "))), Some(format!("see\n{DIFF}\nend\n")));
    }

    #[test]
    fn diff_in_the_message_of_a_commit_is_none() {
        assert_eq!(stripped(&format!("commit 1234567\nAuthor: A\n\n{}", behind("    "))), None);
    }

    #[test]
    fn other_texts_are_left_alone() {
        assert_eq!(stripped("> words\n  words\n"), None);
        assert_eq!(stripped(DIFF), None);
    }
}
