//! Takes the lines that `git log --graph` draws off a log.
//!
//! All that is said of a commit begins in one column, that of its id.

use bstr::ByteSlice;

use super::stripped::Stripped;
use crate::patch::commit_head::{commit_id, is_oneline};
use crate::patch::diff_line::holds_diff;
use crate::patch::lines::content;

/// What a graph is drawn with.
const STROKES: &[u8] = b"|/\\ _.-";

/// Takes a graph off; none if there is none in front of a diff.
pub(super) fn strip_graph(text: &[u8]) -> Option<Stripped> {
    let mut stripped = Vec::with_capacity(text.len());
    let mut kept = Vec::new();
    let mut width = 0;
    for (index, line) in text.lines_with_terminator().enumerate() {
        if let Some(column) = commit_column(line) {
            width = column;
            stripped.extend_from_slice(&line[width..]);
            kept.push(index);
            continue;
        }
        let text_line = content(line);
        let drawn = &text_line[..width.min(text_line.len())];
        let is_drawn = drawn.iter().all(|byte| STROKES.contains(byte));
        let rest = if is_drawn { &line[drawn.len()..] } else { line };
        // Where branches part or join there may be a line of strokes alone.
        let is_joint = is_drawn && drawn.find_byteset(b"/\\").is_some() && rest.trim().is_empty();
        if !is_joint {
            stripped.extend_from_slice(rest);
            kept.push(index);
        }
    }
    (width > 0 && holds_diff(&stripped)).then_some(Stripped { text: stripped, kept: Some(kept) })
}

/// The column of a commit's id in the first line about it, behind the star that the graph has there.
fn commit_column(line: &[u8]) -> Option<usize> {
    let star = line.find_not_byteset(STROKES).filter(|at| line[*at] == b'*')?;
    let column = star + 1 + line[star + 1..].find_not_byteset(STROKES)?;
    let first = content(&line[column..]);
    (commit_id(first).is_some() || is_oneline(first)).then_some(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> Option<String> {
        strip_graph(text.as_bytes()).map(|stripped| String::from_utf8_lossy(&stripped.text).into_owned())
    }

    #[test]
    fn graph_is_taken_off_each_commit_as_wide_as_it_is() {
        let log = "*   commit 1234567\n|\\  Merge: 1 2\n| | Author: A\n| | \n| |     m\n| | \n| * commit 89abcde\n\
                   | | Author: B\n| | \n| | --- a/x\n| | +++ b/x\n| | @@ -1,2 +1 @@\n| |  a\n| | -| b\n|/  \n\
                   * commit 7654321\n  Author: C\n";
        let plain = "commit 1234567\nMerge: 1 2\nAuthor: A\n\n    m\n\ncommit 89abcde\nAuthor: B\n\n--- a/x\n\
                     +++ b/x\n@@ -1,2 +1 @@\n a\n-| b\ncommit 7654321\nAuthor: C\n";
        let text = stripped(log).expect("a graph");
        assert_eq!(text.lines().map(str::trim_end).collect::<Vec<_>>(), plain.lines().collect::<Vec<_>>());
    }

    #[test]
    fn graph_of_a_log_in_one_line_each_is_taken_off() {
        let log = "* 1234567 one\n| diff --git a/x b/x\n* 89abcde two\n  diff --git a/y b/y\n";
        let plain = "1234567 one\ndiff --git a/x b/x\n89abcde two\ndiff --git a/y b/y\n";
        assert_eq!(stripped(log).as_deref(), Some(plain));
    }

    #[test]
    fn list_of_commits_is_no_graph() {
        assert_eq!(stripped("* 1234567 one\n* 89abcde two\n"), None);
        assert_eq!(stripped("* commit to it\n| diff --git a/x b/x\n"), None);
    }
}
