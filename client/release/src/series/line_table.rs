//! The lines of a text by number.

use std::cell::OnceCell;
use std::ops::Range;

use bstr::ByteSlice;

/// Bytes of a section heading that git keeps.
const HEADING_BYTES: usize = 80;

/// A text and where its lines begin. A line has its newline with it; the last one may have none.
pub(super) struct LineTable<'a> {
    text: &'a [u8],
    /// The beginning of each line, then the end of the text.
    starts: Vec<usize>,
    /// For each line, one more than the nearest line at or above it that is a heading; 0 for none.
    headings: OnceCell<Vec<usize>>,
}

impl<'a> LineTable<'a> {
    /// Finds the lines of a text.
    pub fn new(text: &'a [u8]) -> LineTable<'a> {
        let mut starts = vec![0];
        starts.extend(text.find_iter(b"\n").map(|newline| newline + 1));
        if starts.last() != Some(&text.len()) {
            starts.push(text.len());
        }
        LineTable { text, starts, headings: OnceCell::new() }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The bytes of a run of lines.
    pub fn bytes(&self, lines: Range<usize>) -> &'a [u8] {
        &self.text[self.starts[lines.start]..self.starts[lines.end]]
    }

    /// The lines of a run, one by one.
    pub fn lines(&self, lines: Range<usize>) -> impl Iterator<Item = &'a [u8]> {
        lines.map(|line| self.bytes(line..line + 1))
    }

    /// Whether the last line has no newline.
    pub fn is_open_ended(&self) -> bool {
        self.text.last().is_some_and(|last| *last != b'\n')
    }

    /// git's section heading for what follows a line: the nearest line at or above it that begins with a letter,
    /// `_` or `$`.
    pub fn heading(&self, line: usize) -> &'a [u8] {
        let headings = self.headings.get_or_init(|| self.find_headings());
        let Some(heading) = headings[line].checked_sub(1) else { return b"" };
        let text = self.bytes(heading..heading + 1).trim_end();
        text[..text.len().min(HEADING_BYTES)].trim_end()
    }

    fn find_headings(&self) -> Vec<usize> {
        let mut nearest = 0;
        let lines = self.lines(0..self.len()).enumerate();
        lines
            .map(|(index, line)| {
                if matches!(line.first(), Some(b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'$')) {
                    nearest = index + 1;
                }
                nearest
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_with_and_without_a_last_newline() {
        for (text, lines, is_open_ended) in
            [("", 0, false), ("a", 1, true), ("a\n", 1, false), ("a\n\nb", 3, true)]
        {
            let table = LineTable::new(text.as_bytes());
            assert_eq!((table.len(), table.is_open_ended()), (lines, is_open_ended), "{text:?}");
            assert_eq!(table.lines(0..lines).collect::<Vec<_>>().concat(), text.as_bytes());
        }
    }

    #[test]
    fn heading_is_the_nearest_line_that_begins_with_a_letter() {
        let table = LineTable::new(b"\tx\nint f(void) \n{\n\ty\n");
        assert_eq!([0, 1, 3].map(|line| table.heading(line)), [&b""[..], b"int f(void)", b"int f(void)"]);
    }
}
