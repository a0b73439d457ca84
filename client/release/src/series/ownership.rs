//! Who owns what of each file, and in which order the owners come.

use std::ops::Range;

use bstr::{BStr, BString, ByteSlice};

use crate::answer::{CommitIndex, LineRun, Side};

/// A file that differs between base and vendor, and who made it differ.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnedFile {
    /// The path in both trees; of a moved file that in the vendor tree.
    pub path: BString,
    /// The path in the base of a file that the vendor has moved. Only files can be moved, and neither path may be in
    /// the other tree, or lie in a folder that the base has a file for.
    pub moved_from: Option<BString>,
    /// Who owns what is no line: a change of mode, that an empty file comes or goes, and the whole change of a
    /// symlink, submodule or binary file; none: the vendor.
    pub owner: Option<CommitIndex>,
    /// Where the lines of a text file come from: each changed line is in one run. In any order.
    pub runs: Vec<LineRun>,
    /// Stands for what the file is in both trees, mode and content, where that is known without reading it: releases of a
    /// row in which it is equal have the same.
    pub versions: Option<u128>,
}

impl OwnedFile {
    /// The path in the base.
    pub fn old_path(&self) -> &BStr {
        self.moved_from.as_ref().unwrap_or(&self.path).as_bstr()
    }
}

/// A patch's place in the series, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Rank(pub u32);

/// Neighbouring changed lines of one side that go into one patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RankedRun {
    pub side: Side,
    /// The first line, counted from 1.
    pub start: u32,
    pub lines: u32,
    pub rank: Rank,
}

impl RankedRun {
    /// These lines, counted from 1.
    pub fn new(side: Side, lines: Range<u32>, rank: Rank) -> RankedRun {
        RankedRun { side, start: lines.start, lines: lines.end - lines.start, rank }
    }
}

/// The first part of a path that lies in a folder; empty for files at the top.
pub(super) fn top_folder(path: &BStr) -> &BStr {
    path.find_byte(b'/').map_or(BStr::new(""), |slash| path[..slash].as_bstr())
}

/// The folders that a path lies in, innermost first.
pub(super) fn folders(path: &BStr) -> impl Iterator<Item = &BStr> {
    path.rfind_iter(b"/").map(|slash| path[..slash].as_bstr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_a_path() {
        assert_eq!(folders("a/b/c".into()).collect::<Vec<_>>(), ["a/b", "a"]);
        assert_eq!((top_folder("a/b/c".into()), top_folder("c".into())), ("a".into(), "".into()));
    }
}
