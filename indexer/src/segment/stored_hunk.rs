//! A hunk as the index stores it: enough to verify a candidate and to show it without the repository.

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;

use crate::fingerprint::{IndexTerm, LineHash, LineHasher, path_term};
use crate::git::commit_diff::FileDiff;
use crate::git::file_change::FileVersion;
use crate::hunk::{Hunk, Sign};

/// One side of the file that a hunk belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSide {
    /// The path from the top of the tree.
    pub path: BString,
    /// The mode as git writes it: 0o100644 and the like.
    pub mode: u16,
    /// The blob; only kept for binary content.
    pub blob: Option<ObjectId>,
}

/// A hunk with the file that it belongs to.
///
/// A change without lines (mode, name, binary content, empty file) is stored as a hunk without a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHunk {
    /// The file before; none if it was added.
    pub old: Option<FileSide>,
    /// The file after; none if it was deleted.
    pub new: Option<FileSide>,
    /// The changed lines; none for a change without lines.
    pub hunk: Option<Hunk>,
}

impl StoredHunk {
    /// What one file's diff is stored as: its hunks, or one record for a change without lines.
    pub fn of_file(diff: FileDiff) -> impl Iterator<Item = StoredHunk> {
        let side = |version: Option<FileVersion>| {
            version.map(|version| FileSide {
                path: version.path,
                mode: version.mode.value(),
                blob: diff.is_binary.then_some(version.id),
            })
        };
        let (old, new) = (side(diff.change.old), side(diff.change.new));
        let bodyless = diff.hunks.is_empty().then_some(None);
        let hunks = diff.hunks.into_iter().map(Some).chain(bodyless);
        hunks.map(move |hunk| StoredHunk { old: old.clone(), new: new.clone(), hunk })
    }

    /// The path by which the change is known: the new one where there is one.
    pub fn path(&self) -> &BStr {
        self.new.as_ref().or(self.old.as_ref()).map_or(BStr::new(""), |side| side.path.as_bstr())
    }

    /// The terms of both paths, each once.
    pub fn path_terms(&self) -> impl Iterator<Item = IndexTerm> {
        let old = self.old.as_ref().map(|side| path_term(&side.path));
        let new = self.new.as_ref().map(|side| path_term(&side.path)).filter(|term| Some(*term) != old);
        old.into_iter().chain(new)
    }

    /// The terms of the changed lines, or of the lines that git writes for a change without any; sorted, each once.
    pub fn line_terms(&self, hasher: &mut LineHasher) -> Vec<LineHash> {
        match &self.hunk {
            Some(hunk) => hasher.all_terms(hunk),
            None => {
                let lines = self.header_lines();
                let mut terms: Vec<LineHash> =
                    lines.iter().map(|(sign, text)| hasher.hash(*sign, text)).collect();
                terms.sort_unstable();
                terms.dedup();
                terms
            }
        }
    }

    /// What stands for the changed lines of a change that has none: its mode, name and blob changes.
    pub fn header_lines(&self) -> Vec<(Sign, BString)> {
        let mut lines = Vec::new();
        for (sign, side, other) in
            [(Sign::Removed, &self.old, &self.new), (Sign::Added, &self.new, &self.old)]
        {
            let Some(side) = side else { continue };
            let path = &side.path;
            match other {
                None => lines.push((sign, format!("file {path}").into())),
                Some(other) => {
                    if other.path != *path {
                        lines.push((sign, format!("name {path}").into()));
                    }
                    if other.mode != side.mode {
                        lines.push((sign, format!("mode {:06o} {path}", side.mode).into()));
                    }
                }
            }
            if let Some(blob) = side.blob {
                lines.push((sign, format!("blob {blob}").into()));
            }
        }
        lines
    }

    /// The same without copies.
    pub fn view(&self) -> HunkView<'_> {
        HunkView {
            old: self.old.as_ref().map(FileSide::view),
            new: self.new.as_ref().map(FileSide::view),
            lines: self.hunk.as_ref().map(|hunk| LinesView {
                old_start: hunk.old_start,
                old_lines: hunk.old_lines,
                new_start: hunk.new_start,
                new_lines: hunk.new_lines,
                section: hunk.section.as_bstr(),
                body: hunk.body.as_bstr(),
            }),
        }
    }
}

impl FileSide {
    fn view(&self) -> SideView<'_> {
        SideView { path: self.path.as_bstr(), mode: self.mode, blob: self.blob }
    }
}

/// A hunk as it lies in its record: comparing copies nothing that it does not need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HunkView<'a> {
    /// As in [`StoredHunk::old`].
    pub old: Option<SideView<'a>>,
    /// As in [`StoredHunk::new`].
    pub new: Option<SideView<'a>>,
    /// As in [`StoredHunk::hunk`].
    pub lines: Option<LinesView<'a>>,
}

/// As [`FileSide`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideView<'a> {
    /// The path from the top of the tree.
    pub path: &'a BStr,
    /// The mode as git writes it.
    pub mode: u16,
    /// The blob; only kept for binary content.
    pub blob: Option<ObjectId>,
}

/// As [`Hunk`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinesView<'a> {
    /// First line on the old side.
    pub old_start: u32,
    /// Number of lines on the old side.
    pub old_lines: u32,
    /// First line on the new side.
    pub new_start: u32,
    /// Number of lines on the new side.
    pub new_lines: u32,
    /// What follows the second `@@`.
    pub section: &'a BStr,
    /// The lines, each with its marker and its newline.
    pub body: &'a BStr,
}

impl<'a> HunkView<'a> {
    /// The path by which the change is known: the new one where there is one.
    pub fn path(&self) -> &'a BStr {
        self.new.or(self.old).map_or(BStr::new(""), |side| side.path)
    }

    /// A copy that stands by itself.
    pub fn to_stored(&self) -> StoredHunk {
        let side =
            |side: SideView<'_>| FileSide { path: side.path.to_owned(), mode: side.mode, blob: side.blob };
        let hunk = |lines: LinesView<'_>| Hunk {
            old_start: lines.old_start,
            old_lines: lines.old_lines,
            new_start: lines.new_start,
            new_lines: lines.new_lines,
            section: lines.section.to_owned(),
            body: lines.body.to_owned(),
        };
        StoredHunk { old: self.old.map(side), new: self.new.map(side), hunk: self.lines.map(hunk) }
    }
}
