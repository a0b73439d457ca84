//! Who owns what of each file, and in which order the owners come.

use bstr::{BStr, BString, ByteSlice};

use crate::answer::{CommitIndex, LineRun};

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
}

impl OwnedFile {
    /// The path in the base.
    pub fn old_path(&self) -> &BStr {
        self.moved_from.as_ref().unwrap_or(&self.path).as_bstr()
    }
}

/// Where a change stands in the series, as far as one file is concerned: by commit, and the vendor's own last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(u32);

impl Rank {
    /// The rank of an owner's changes.
    pub fn of(owner: Option<CommitIndex>) -> Rank {
        Rank(owner.map_or(u32::MAX, |commit| commit.0))
    }

    /// The commit that has this rank; none for the vendor.
    pub fn commit(self) -> Option<CommitIndex> {
        (self.0 != u32::MAX).then_some(CommitIndex(self.0))
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
    fn vendor_comes_after_every_commit() {
        assert!(Rank::of(Some(CommitIndex(7))) < Rank::of(None));
        assert_eq!(Rank::of(Some(CommitIndex(7))).commit(), Some(CommitIndex(7)));
        assert_eq!(Rank::of(None).commit(), None);
    }

    #[test]
    fn folders_of_a_path() {
        assert_eq!(folders("a/b/c".into()).collect::<Vec<_>>(), ["a/b", "a"]);
        assert_eq!((top_folder("a/b/c".into()), top_folder("c".into())), ("a".into(), "".into()));
    }
}
