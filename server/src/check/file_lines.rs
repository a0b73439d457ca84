//! A vendor's file, line by line, ready to be asked where lines of a hunk stand in it.

use std::ops::Range;

use bstr::{BStr, ByteSlice};
use hunktrace_indexer::fingerprint::LineHasher;
use hunktrace_indexer::hunk::Sign;

use crate::attribution::side_lines::TextHash;

/// The lines of a file.
pub struct FileLines<'a> {
    texts: Vec<&'a [u8]>,
    hashes: Vec<TextHash>,
    /// The lines' places ordered by hash, so that equal lines are neighbours.
    by_hash: Vec<u32>,
}

impl<'a> FileLines<'a> {
    /// The lines of a text.
    pub fn of(text: &'a [u8], hasher: &mut LineHasher) -> FileLines<'a> {
        let texts: Vec<&[u8]> = text.lines_with_terminator().map(without_newline).collect();
        let hashes: Vec<TextHash> = texts.iter().map(|line| text_hash(line, hasher)).collect();
        let mut by_hash: Vec<u32> = (0..texts.len() as u32).collect();
        by_hash.sort_by_key(|at| (hashes[*at as usize], *at));
        FileLines { texts, hashes, by_hash }
    }

    /// How many lines there are.
    pub fn line_count(&self) -> usize {
        self.texts.len()
    }

    /// A line, from 0.
    pub fn text(&self, at: usize) -> &'a BStr {
        self.texts[at].as_bstr()
    }

    /// The hash of a line, from 0.
    pub fn hash(&self, at: usize) -> TextHash {
        self.hashes[at]
    }

    /// The hashes of some lines.
    pub fn hashes(&self, range: Range<usize>) -> &[TextHash] {
        &self.hashes[range]
    }

    /// The places of the lines that are equal but for white space and comments, ascending.
    pub fn places(&self, hash: TextHash) -> &[u32] {
        let hash_at = |at: &u32| self.hashes[*at as usize];
        let first = self.by_hash.partition_point(|at| hash_at(at) < hash);
        let end = self.by_hash.partition_point(|at| hash_at(at) <= hash);
        &self.by_hash[first..end]
    }
}

/// The hash of a line's text, whatever its sign.
pub fn text_hash(line: &[u8], hasher: &mut LineHasher) -> TextHash {
    TextHash::from(hasher.hash(Sign::Context, line))
}

fn without_newline(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lines_are_found_whatever_their_white_space() {
        let mut hasher = LineHasher::default();
        let lines = FileLines::of(b"one();\n\ttwo();\nthree();\n  two();", &mut hasher);
        assert_eq!((lines.line_count(), lines.text(3)), (4, BStr::new("  two();")));
        assert_eq!(lines.places(text_hash(b"two();", &mut hasher)), [1, 3]);
        assert_eq!(lines.places(text_hash(b"four();", &mut hasher)), [] as [u32; 0]);
    }
}
