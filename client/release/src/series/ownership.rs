//! What a series is made from: the origins, and who owns what of each file.

use bstr::{BStr, BString, ByteSlice};

/// An upstream commit that some of the release came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The commit's id, in hexadecimal digits.
    pub commit: String,
    /// `Name <address>`.
    pub author: String,
    /// When it was written: RFC 3339, with the author's time zone.
    pub author_date: String,
    /// The first paragraph of the message, on one line.
    pub subject: String,
    /// The first tag that contains the commit, where there is one.
    pub first_release: Option<String>,
    /// How probable it is that the commit is the origin, from 0 to 1.
    pub confidence: f64,
    /// How it matches: `exact`, `changes`, ...
    pub match_kind: String,
}

/// A place in the list of origins, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginIndex(pub u32);

/// One of the two trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The base.
    Old,
    /// The vendor release.
    New,
}

/// A run of changed lines with one owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnedRun {
    /// Which tree the lines are in: removed lines are in the old one, added lines in the new one.
    pub side: Side,
    /// The first line, counted from 1.
    pub start: u32,
    /// How many lines.
    pub lines: u32,
    /// The commit that changed them; none where that was the vendor.
    pub owner: Option<OriginIndex>,
}

/// A file that differs between base and vendor, and who made it differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedFile {
    /// The path in both trees; of a moved file that in the vendor tree.
    pub path: BString,
    /// The path in the base of a file that the vendor has moved. Only files can be moved, and neither path may be in
    /// the other tree, or lie in a folder that the base has a file for.
    pub moved_from: Option<BString>,
    /// Who owns what is no line: a change of mode, that an empty file comes or goes, and the whole change of a
    /// symlink, submodule or binary file; none: the vendor.
    pub owner: Option<OriginIndex>,
    /// Who owns the lines of a text file: each changed line is in one run. In any order.
    pub runs: Vec<OwnedRun>,
}

impl OwnedFile {
    /// The path in the base.
    pub fn old_path(&self) -> &BStr {
        self.moved_from.as_ref().unwrap_or(&self.path).as_bstr()
    }
}

/// Where a change stands in the series, as far as one file is concerned: by origin, and the vendor's own last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(u32);

impl Rank {
    /// The rank of an owner's changes.
    pub fn of(owner: Option<OriginIndex>) -> Rank {
        Rank(owner.map_or(u32::MAX, |origin| origin.0))
    }

    /// The origin that has this rank; none for the vendor.
    pub fn origin(self) -> Option<OriginIndex> {
        (self.0 != u32::MAX).then_some(OriginIndex(self.0))
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
    fn vendor_comes_after_every_origin() {
        assert!(Rank::of(Some(OriginIndex(7))) < Rank::of(None));
        assert_eq!(Rank::of(Some(OriginIndex(7))).origin(), Some(OriginIndex(7)));
        assert_eq!(Rank::of(None).origin(), None);
    }

    #[test]
    fn folders_of_a_path() {
        assert_eq!(folders("a/b/c".into()).collect::<Vec<_>>(), ["a/b", "a"]);
        assert_eq!((top_folder("a/b/c".into()), top_folder("c".into())), ("a".into(), "".into()));
    }
}
