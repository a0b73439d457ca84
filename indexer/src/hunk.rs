//! A hunk: a run of changed lines with its context.
//!
//! There is one representation for hunks from every source (parsed patches, diffed blobs, the index): the
//! position numbers and the body as it stands in a unified diff. One contiguous body keeps a hunk to a single
//! allocation, makes lossless writing trivial and compresses well in the index.

use bstr::{BStr, BString, ByteSlice};

/// What a line of a hunk does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sign {
    /// The line stands on both sides.
    Context,
    /// The line stands on the old side only (`-`).
    Removed,
    /// The line stands on the new side only (`+`).
    Added,
}

impl Sign {
    /// The character that marks such a line in a unified diff.
    pub fn marker(self) -> u8 {
        match self {
            Sign::Context => b' ',
            Sign::Removed => b'-',
            Sign::Added => b'+',
        }
    }

    /// Whether the line differs between the two sides.
    pub fn is_change(self) -> bool {
        self != Sign::Context
    }
}

/// One line of a hunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HunkLine<'a> {
    /// What the line does.
    pub sign: Sign,
    /// The line's text without its marker and without its newline; a carriage return stays part of it.
    pub text: &'a BStr,
    /// False for the last line of a file that has no newline at its end.
    pub ends_with_newline: bool,
}

/// A run of changed lines with its context, as in a unified diff.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hunk {
    /// First line on the old side, counted from 1; 0 only where the old side has no lines.
    pub old_start: u32,
    /// Number of lines on the old side.
    pub old_lines: u32,
    /// First line on the new side, counted from 1; 0 only where the new side has no lines.
    pub new_start: u32,
    /// Number of lines on the new side.
    pub new_lines: u32,
    /// What follows the second `@@`: usually the enclosing function.
    pub section: BString,
    /// The lines, each with its marker and its newline, with `\ No newline at end of file` lines where they
    /// stand in a diff. A wholly empty line counts as an empty context line: mail programs strip the blank.
    pub body: BString,
}

impl Hunk {
    /// The lines in order.
    pub fn lines(&self) -> HunkLines<'_> {
        HunkLines::of(&self.body)
    }

    /// The changed lines in order.
    pub fn changed_lines(&self) -> impl Iterator<Item = HunkLine<'_>> {
        self.lines().filter(|line| line.sign.is_change())
    }

    /// Appends a line to the body; line counts are not touched.
    pub fn push_line(&mut self, sign: Sign, text: &[u8], ends_with_newline: bool) {
        self.body.push(sign.marker());
        self.body.extend_from_slice(text);
        self.body.push(b'\n');
        if !ends_with_newline {
            self.body.extend_from_slice(NO_NEWLINE);
        }
    }

    /// The canonical `@@ -a,b +c,d @@ section` line, with its newline.
    pub fn header(&self) -> BString {
        let mut header = format!(
            "@@ -{} +{} @@",
            Range { start: self.old_start, lines: self.old_lines },
            Range { start: self.new_start, lines: self.new_lines }
        )
        .into_bytes();
        if !self.section.is_empty() {
            header.push(b' ');
            header.extend_from_slice(&self.section);
        }
        header.push(b'\n');
        header.into()
    }
}

/// What stands in a unified diff below a line that has no newline.
pub const NO_NEWLINE: &[u8] = b"\\ No newline at end of file\n";

/// One side's line range as unified diffs write it: the count is left out where it is 1.
struct Range {
    start: u32,
    lines: u32,
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.lines == 1 { write!(f, "{}", self.start) } else { write!(f, "{},{}", self.start, self.lines) }
    }
}

/// Iterates over the lines of a hunk's body.
#[derive(Clone, Debug)]
pub struct HunkLines<'a> {
    rest: &'a [u8],
}

impl<'a> HunkLines<'a> {
    /// The lines of a body as [`Hunk::body`] describes it.
    pub fn of(body: &'a [u8]) -> HunkLines<'a> {
        HunkLines { rest: body }
    }
}

impl<'a> Iterator for HunkLines<'a> {
    type Item = HunkLine<'a>;

    fn next(&mut self) -> Option<HunkLine<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let (line, rest) = split_line(self.rest);
            self.rest = rest;
            let (sign, text) = match line.first() {
                Some(b'+') => (Sign::Added, &line[1..]),
                Some(b'-') => (Sign::Removed, &line[1..]),
                Some(b' ') => (Sign::Context, &line[1..]),
                Some(b'\\') => continue,
                _ => (Sign::Context, line),
            };
            let ends_with_newline = rest.first() != Some(&b'\\');
            return Some(HunkLine { sign, text: text.as_bstr(), ends_with_newline });
        }
    }
}

/// Splits off the first line, without its newline.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.find_byte(b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Hunk {
        let mut hunk = Hunk {
            old_start: 3,
            old_lines: 2,
            new_start: 3,
            new_lines: 1,
            section: "int f(void)".into(),
            ..Hunk::default()
        };
        hunk.push_line(Sign::Context, b"a", true);
        hunk.push_line(Sign::Removed, b"b\r", false);
        hunk
    }

    #[test]
    fn lines_come_back_as_pushed() {
        let hunk = sample();
        let lines: Vec<_> = hunk.lines().map(|l| (l.sign, l.text.to_vec(), l.ends_with_newline)).collect();
        assert_eq!(lines, [(Sign::Context, b"a".to_vec(), true), (Sign::Removed, b"b\r".to_vec(), false)]);
    }

    #[test]
    fn header_leaves_out_a_count_of_one() {
        assert_eq!(sample().header(), "@@ -3,2 +3 @@ int f(void)\n");
    }

    #[test]
    fn stripped_blank_line_is_context() {
        let hunk = Hunk { body: "\n+x\n".into(), ..Hunk::default() };
        let signs: Vec<_> = hunk.lines().map(|l| l.sign).collect();
        assert_eq!(signs, [Sign::Context, Sign::Added]);
    }
}
