//! Two versions of a file to the hunks between them, as `git diff` cuts them.
//!
//! Most commits change a few lines of a long file, so the common head and tail are cut off with a plain byte
//! comparison before any line is hashed; some lines of both stay for the diff, because a group of changed lines
//! may slide into them (git's indent heuristic decides where it rests).

use std::convert::Infallible;

use bstr::ByteSlice;
use imara_diff::{Diff, InternedInput, Token};

use crate::cancellation::{Cancellation, Cancelled};
use crate::git::repetitive_text::{compute_diff, compute_diff_unless};
use crate::hunk::{Hunk, Sign};

/// Unchanged lines shown around a change, git's default.
const CONTEXT_LINES: usize = 3;

/// Unchanged lines before and after the differing middle that take part in the diff.
///
/// git slides a group of changed lines at most over its own repetitions; groups that slide over more than this
/// many lines do not occur in kernel history.
const SLIDE_LINES: usize = 64;

/// Bytes of a section heading that git keeps.
const SECTION_BYTES: usize = 80;

/// git looks for a NUL byte in this many leading bytes to tell binary content from text.
const BINARY_PROBE_BYTES: usize = 8000;

/// Whether git would call the content binary: there is a NUL byte in its first 8000 bytes.
pub fn is_binary(content: &[u8]) -> bool {
    content[..content.len().min(BINARY_PROBE_BYTES)].contains(&0)
}

/// The hunks that turn `old` into `new`, in order, with three lines of context and the enclosing function.
pub fn diff_lines(old: &[u8], new: &[u8]) -> Vec<Hunk> {
    let diff =
        |old: &[Token], new: &[Token], different| Ok::<_, Infallible>(compute_diff(old, new, different));
    match diff_lines_by(old, new, diff) {
        Ok(hunks) => hunks,
        Err(never) => match never {},
    }
}

/// The same for a program that others ask: it stops soon when nobody wants it any more.
///
/// # Errors
/// Where it is cancelled.
pub fn diff_lines_unless(
    old: &[u8],
    new: &[u8],
    cancellation: &Cancellation,
) -> Result<Vec<Hunk>, Cancelled> {
    diff_lines_by(old, new, |old, new, different| compute_diff_unless(old, new, different, cancellation))
}

fn diff_lines_by<E>(
    old: &[u8],
    new: &[u8],
    compute: impl Fn(&[Token], &[Token], u32) -> Result<Diff, E>,
) -> Result<Vec<Hunk>, E> {
    if old == new {
        return Ok(Vec::new());
    }
    let window = Window::around_difference(old, new);
    let input = InternedInput::new(
        imara_diff::sources::byte_lines(&old[window.start..window.old_end]),
        imara_diff::sources::byte_lines(&new[window.start..window.new_end]),
    );
    let mut diff = compute(&input.before, &input.after, input.interner.num_tokens())?;
    diff.postprocess_lines(&input);

    let first_line = old[..window.start].find_iter(b"\n").count();
    let changes: Vec<Change> = diff
        .hunks()
        .map(|hunk| Change {
            old: first_line + hunk.before.start as usize..first_line + hunk.before.end as usize,
            new: first_line + hunk.after.start as usize..first_line + hunk.after.end as usize,
        })
        .collect();

    // The text around the changes is only reached a few lines outside the window, so line starts are known for
    // the window and its surroundings alone.
    let old_lines = LineTable::new(old, window.start, window.old_end, first_line);
    let new_lines = LineTable::new(new, window.start, window.new_end, first_line);
    let mut hunks = Vec::new();
    let mut rest = &changes[..];
    let mut section = Section { heading: b"", searched_to: 0 };
    while !rest.is_empty() {
        let (group, after) = rest.split_at(group_len(rest));
        hunks.push(build_hunk(&old_lines, &new_lines, group, &mut section));
        rest = after;
    }
    Ok(hunks)
}

/// One run of lines that were replaced, in line indices counted from 0.
#[derive(Debug)]
struct Change {
    old: std::ops::Range<usize>,
    new: std::ops::Range<usize>,
}

/// How many leading changes share one hunk: those whose contexts touch or overlap.
fn group_len(changes: &[Change]) -> usize {
    let mut len = 1;
    while len < changes.len() && changes[len].old.start - changes[len - 1].old.end <= 2 * CONTEXT_LINES {
        len += 1;
    }
    len
}

/// The heading found so far; as in git it stays in force until a later one is found.
struct Section<'a> {
    heading: &'a [u8],
    /// Lines of the old version above this index have been searched already.
    searched_to: usize,
}

fn build_hunk<'a>(
    old: &LineTable<'a>,
    new: &LineTable<'a>,
    group: &[Change],
    section: &mut Section<'a>,
) -> Hunk {
    let (first, last) = (&group[0], &group[group.len() - 1]);
    let lead = CONTEXT_LINES.min(first.old.start);
    let tail = CONTEXT_LINES.min(old.len_from(last.old.end, CONTEXT_LINES));
    let old_range = first.old.start - lead..last.old.end + tail;
    let new_range = first.new.start - lead..last.new.end + tail;

    if let Some(heading) = old.section_before(old_range.start, section.searched_to) {
        section.heading = heading;
    }
    section.searched_to = old_range.start;
    let mut hunk = Hunk {
        old_start: one_based(&old_range),
        old_lines: old_range.len() as u32,
        new_start: one_based(&new_range),
        new_lines: new_range.len() as u32,
        section: section.heading.into(),
        ..Hunk::default()
    };
    let bytes = old.bytes(&old_range).len() + new.bytes(&new_range).len();
    hunk.body.reserve(bytes + old_range.len() + new_range.len());
    let mut at = old_range.start;
    for change in group {
        push_lines(&mut hunk, Sign::Context, old.bytes(&(at..change.old.start)));
        push_lines(&mut hunk, Sign::Removed, old.bytes(&change.old));
        push_lines(&mut hunk, Sign::Added, new.bytes(&change.new));
        at = change.old.end;
    }
    push_lines(&mut hunk, Sign::Context, old.bytes(&(at..old_range.end)));
    hunk
}

/// A diff counts lines from 1, but an empty range starts at the line before it.
fn one_based(range: &std::ops::Range<usize>) -> u32 {
    (if range.is_empty() { range.start } else { range.start + 1 }) as u32
}

fn push_lines(hunk: &mut Hunk, sign: Sign, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match bytes.find_byte(b'\n') {
            Some(end) => {
                hunk.body.push(sign.marker());
                hunk.body.extend_from_slice(&bytes[..=end]);
                bytes = &bytes[end + 1..];
            }
            None => {
                hunk.push_line(sign, bytes, false);
                return;
            }
        }
    }
}

/// The part of both versions that takes part in the diff; it starts and ends at line boundaries.
#[derive(Debug)]
struct Window {
    start: usize,
    old_end: usize,
    new_end: usize,
}

impl Window {
    fn around_difference(old: &[u8], new: &[u8]) -> Window {
        let shorter = old.len().min(new.len());
        let head = common_prefix_len(old, new);
        let tail = common_suffix_len(&old[head..], &new[head..]).min(shorter - head);
        let start = line_start_before(old, head, SLIDE_LINES);
        let old_end = line_end_after(old, old.len() - tail, SLIDE_LINES);
        let new_end = new.len() - (old.len() - old_end);
        Window { start, old_end, new_end }
    }
}

fn common_prefix_len(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 64;
    let len = a.len().min(b.len());
    let mut at = 0;
    while at + STEP <= len && a[at..at + STEP] == b[at..at + STEP] {
        at += STEP;
    }
    at + a[at..len].iter().zip(&b[at..len]).take_while(|(x, y)| x == y).count()
}

fn common_suffix_len(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 64;
    let len = a.len().min(b.len());
    let (a, b) = (&a[a.len() - len..], &b[b.len() - len..]);
    let mut left = len;
    while left >= STEP && a[left - STEP..left] == b[left - STEP..left] {
        left -= STEP;
    }
    len - left + a[..left].iter().rev().zip(b[..left].iter().rev()).take_while(|(x, y)| x == y).count()
}

/// The start of the line that holds `at`, then `lines` further up.
fn line_start_before(text: &[u8], at: usize, lines: usize) -> usize {
    let mut start = at;
    for _ in 0..=lines {
        match text[..start].rfind_byte(b'\n') {
            Some(newline) => start = newline,
            None => return 0,
        }
    }
    start + 1
}

/// The end of the line that holds `at`, then `lines` further down.
fn line_end_after(text: &[u8], at: usize, lines: usize) -> usize {
    // A line that ends just before `at` may differ in its beginning, so `at` itself never ends the window.
    let mut end = at;
    for _ in 0..=lines {
        match text[end..].find_byte(b'\n') {
            Some(newline) => end += newline + 1,
            None => return text.len(),
        }
    }
    end
}

/// Line starts of the window of one version, with access to the lines just outside.
struct LineTable<'a> {
    text: &'a [u8],
    /// Index of the first line that `starts` knows.
    first_line: usize,
    /// Byte offsets of the known line starts, then the end of the last known line.
    starts: Vec<usize>,
}

impl<'a> LineTable<'a> {
    fn new(text: &'a [u8], start: usize, end: usize, first_line: usize) -> LineTable<'a> {
        let mut first = start;
        let mut before = Vec::new();
        for _ in 0..CONTEXT_LINES {
            if first == 0 {
                break;
            }
            first = text[..first - 1].rfind_byte(b'\n').map_or(0, |newline| newline + 1);
            before.push(first);
        }
        let mut starts: Vec<usize> = before.iter().rev().copied().collect();
        let first_line = first_line - before.len();
        starts.push(start);
        starts.extend(text[start..end].find_iter(b"\n").map(|newline| start + newline + 1));
        if starts.last() != Some(&end) {
            starts.push(end);
        }
        let mut last = end;
        for _ in 0..CONTEXT_LINES {
            if last == text.len() {
                break;
            }
            last = text[last..].find_byte(b'\n').map_or(text.len(), |newline| last + newline + 1);
            starts.push(last);
        }
        LineTable { text, first_line, starts }
    }

    /// How many lines follow line `from`, at most `limit`.
    fn len_from(&self, from: usize, limit: usize) -> usize {
        (self.starts.len() - 1 - (from - self.first_line)).min(limit)
    }

    /// The bytes of a run of lines.
    fn bytes(&self, lines: &std::ops::Range<usize>) -> &'a [u8] {
        &self.text[self.starts[lines.start - self.first_line]..self.starts[lines.end - self.first_line]]
    }

    /// git's section heading: the nearest line above `line`, down to `floor`, that begins with a letter, `_` or `$`.
    fn section_before(&self, line: usize, floor: usize) -> Option<&'a [u8]> {
        let mut end = self.starts[line - self.first_line];
        let mut at = line;
        while at > floor && end > 0 {
            let start = self.text[..end - 1].rfind_byte(b'\n').map_or(0, |newline| newline + 1);
            let text = &self.text[start..end];
            if text.first().is_some_and(|c| c.is_ascii_alphabetic() || *c == b'_' || *c == b'$') {
                let text = text.trim_end();
                return Some(text[..text.len().min(SECTION_BYTES)].trim_end());
            }
            end = start;
            at -= 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text_of(hunks: &[Hunk]) -> String {
        hunks.iter().map(|h| format!("{}{}", h.header(), h.body)).collect()
    }

    #[test]
    fn single_line_change_has_three_lines_of_context() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n";
        let expected = "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";
        assert_eq!(text_of(&diff_lines(old.as_bytes(), new.as_bytes())), expected);
    }

    #[test]
    fn section_is_the_enclosing_function() {
        let old = "int f(void)\n{\n\ta;\n\tb;\n\tc;\n\td;\n\te;\n}\n";
        let new = "int f(void)\n{\n\ta;\n\tb;\n\tc;\n\td;\n\tE;\n}\n";
        let hunks = diff_lines(old.as_bytes(), new.as_bytes());
        assert_eq!(hunks[0].section, "int f(void)");
    }

    #[test]
    fn missing_final_newline_is_marked() {
        let hunks = diff_lines(b"a\nb", b"a\nb\n");
        assert_eq!(text_of(&hunks), "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
    }

    #[test]
    fn whole_files_start_at_zero_on_the_empty_side() {
        assert_eq!(text_of(&diff_lines(b"", b"a\nb\n")), "@@ -0,0 +1,2 @@\n+a\n+b\n");
        assert_eq!(text_of(&diff_lines(b"a\n", b"")), "@@ -1 +0,0 @@\n-a\n");
    }

    #[test]
    fn difference_in_the_middle_of_lines_with_equal_ends() {
        let hunks = diff_lines(b"xa\nya\n", b"xa\nza\n");
        assert_eq!(text_of(&hunks), "@@ -1,2 +1,2 @@\n xa\n-ya\n+za\n");
    }

    #[test]
    fn binary_is_told_by_a_nul_in_the_first_8000_bytes() {
        let mut late = vec![b'a'; BINARY_PROBE_BYTES];
        assert!(!is_binary(&late));
        late.push(0);
        assert!(!is_binary(&late));
        late[7999] = 0;
        assert!(is_binary(&late));
    }

    /// Applies hunks to `old` as `patch` would, without any fuzz.
    fn apply(old: &[u8], hunks: &[Hunk]) -> Vec<u8> {
        let lines: Vec<&[u8]> = old.lines_with_terminator().collect();
        let mut out = Vec::new();
        let mut at = 0;
        for hunk in hunks {
            let start =
                if hunk.old_lines == 0 { hunk.old_start as usize } else { hunk.old_start as usize - 1 };
            lines[at..start].iter().for_each(|line| out.extend_from_slice(line));
            at = start + hunk.old_lines as usize;
            for line in hunk.lines().filter(|line| line.sign != Sign::Removed) {
                out.extend_from_slice(line.text);
                if line.ends_with_newline {
                    out.push(b'\n');
                }
            }
        }
        lines[at..].iter().for_each(|line| out.extend_from_slice(line));
        out
    }

    fn any_text() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            prop::collection::vec(prop::sample::select(b"ab\n\n{ ".to_vec()), 0..400),
            prop::collection::vec(prop::sample::select(vec!["a\n", "b\n", "\n", "\t}\n", "x y\n"]), 0..300)
                .prop_map(|lines| lines.concat().into_bytes()),
        ]
    }

    proptest! {
        #[test]
        fn applying_the_hunks_gives_the_new_version(old in any_text(), new in any_text()) {
            let hunks = diff_lines(&old, &new);
            prop_assert_eq!(apply(&old, &hunks), new);
        }

        #[test]
        fn counts_agree_with_the_body(old in any_text(), new in any_text()) {
            for hunk in diff_lines(&old, &new) {
                let old_side = hunk.lines().filter(|l| l.sign != Sign::Added).count();
                let new_side = hunk.lines().filter(|l| l.sign != Sign::Removed).count();
                prop_assert_eq!(old_side, hunk.old_lines as usize);
                prop_assert_eq!(new_side, hunk.new_lines as usize);
            }
        }
    }
}
