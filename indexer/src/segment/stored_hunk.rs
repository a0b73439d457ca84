//! A hunk as the index stores it: enough to verify a candidate and to show it without the repository.
//!
//! Format of a stored hunk: a byte of flags, then what the flags announce, in this order. Numbers are LEB128
//! varints, byte strings are a length and the bytes.
//!
//! | part | present |
//! |---|---|
//! | old path | flag 1 (absent for added files) |
//! | new path | flag 2 (absent for deleted files, and where it equals the old path: flag 4) |
//! | old mode, new mode | with the respective version |
//! | old blob, new blob: 20 bytes each | flag 8 (binary content), with the respective version |
//! | old start, old lines, new start, new lines, section, body | flag 16 (there are changed lines) |

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;

use crate::fingerprint::{IndexTerm, LineHash, LineHasher, path_term};
use crate::git::commit_diff::FileDiff;
use crate::git::file_change::FileVersion;
use crate::hunk::{Hunk, Sign};
use crate::segment::varint::{take_small, write_varint};

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
    /// The file before; none where it was added.
    pub old: Option<FileSide>,
    /// The file after; none where it was deleted.
    pub new: Option<FileSide>,
    /// The changed lines; none for a change without lines.
    pub hunk: Option<Hunk>,
}

/// Why a stored hunk cannot be read back.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("stored hunk is damaged at byte {0}")]
pub struct DamagedHunk(pub usize);

const HAS_OLD: u8 = 1;
const HAS_NEW: u8 = 2;
const SAME_PATH: u8 = 4;
const IS_BINARY: u8 = 8;
const HAS_LINES: u8 = 16;

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

    /// The record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let body_len = self.hunk.as_ref().map_or(0, |hunk| hunk.body.len() + hunk.section.len());
        let mut out = Vec::with_capacity(body_len + self.path().len() + 32);
        let same_path = matches!((&self.old, &self.new), (Some(old), Some(new)) if old.path == new.path);
        let sides = [(&self.old, HAS_OLD), (&self.new, HAS_NEW)];
        let mut flags = sides.iter().filter(|(side, _)| side.is_some()).map(|(_, flag)| flag).sum();
        let binary = sides.iter().any(|(side, _)| side.as_ref().is_some_and(|side| side.blob.is_some()));
        flags |= if same_path { SAME_PATH } else { 0 };
        flags |= if binary { IS_BINARY } else { 0 };
        flags |= if self.hunk.is_some() { HAS_LINES } else { 0 };
        out.push(flags);
        for (side, flag) in sides {
            if let Some(side) = side
                && !(flag == HAS_NEW && same_path)
            {
                write_bytes(&mut out, &side.path);
            }
        }
        for side in [&self.old, &self.new].into_iter().flatten() {
            write_varint(&mut out, u64::from(side.mode));
        }
        for side in [&self.old, &self.new].into_iter().flatten() {
            if let Some(blob) = side.blob {
                out.extend_from_slice(blob.as_slice());
            }
        }
        if let Some(hunk) = &self.hunk {
            for number in [hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines] {
                write_varint(&mut out, u64::from(number));
            }
            write_bytes(&mut out, &hunk.section);
            write_bytes(&mut out, &hunk.body);
        }
        out
    }

    /// Reads a record back.
    ///
    /// # Errors
    /// Where the bytes are no record, with the offset.
    pub fn decode(bytes: &[u8]) -> Result<StoredHunk, DamagedHunk> {
        HunkView::decode(bytes).map(|view| view.to_stored())
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
    /// Reads a record.
    ///
    /// # Errors
    /// Where the bytes are no record, with the offset.
    pub fn decode(bytes: &'a [u8]) -> Result<HunkView<'a>, DamagedHunk> {
        let mut input = Input { bytes, at: 0 };
        let flags = input.byte()?;
        let old_path = if flags & HAS_OLD != 0 { Some(input.byte_string()?) } else { None };
        let new_path = match (flags & HAS_NEW != 0, flags & SAME_PATH != 0) {
            (false, _) => None,
            (true, true) => old_path,
            (true, false) => Some(input.byte_string()?),
        };
        let mut side = |path: Option<&'a BStr>| -> Result<Option<SideView<'a>>, DamagedHunk> {
            let Some(path) = path else { return Ok(None) };
            let mode = u16::try_from(input.number()?).map_err(|_| DamagedHunk(input.at))?;
            Ok(Some(SideView { path, mode, blob: None }))
        };
        let (mut old, mut new) = (side(old_path)?, side(new_path)?);
        if flags & IS_BINARY != 0 {
            for side in [&mut old, &mut new].into_iter().flatten() {
                side.blob = Some(ObjectId::from_bytes_or_panic(input.take(20)?));
            }
        }
        let lines = if flags & HAS_LINES != 0 {
            Some(LinesView {
                old_start: input.number()?,
                old_lines: input.number()?,
                new_start: input.number()?,
                new_lines: input.number()?,
                section: input.byte_string()?,
                body: input.byte_string()?,
            })
        } else {
            None
        };
        if input.at == bytes.len() { Ok(HunkView { old, new, lines }) } else { Err(DamagedHunk(input.at)) }
    }

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

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], DamagedHunk> {
        let end =
            self.at.checked_add(len).filter(|end| *end <= self.bytes.len()).ok_or(DamagedHunk(self.at))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, DamagedHunk> {
        Ok(self.take(1)?[0])
    }

    fn number(&mut self) -> Result<u32, DamagedHunk> {
        let mut rest = &self.bytes[self.at..];
        let number = take_small(&mut rest).ok_or(DamagedHunk(self.at))?;
        self.at = self.bytes.len() - rest.len();
        Ok(number)
    }

    fn byte_string(&mut self) -> Result<&'a BStr, DamagedHunk> {
        let len = self.number()? as usize;
        self.take(len).map(BStr::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_side() -> impl Strategy<Value = Option<(Vec<u8>, u16)>> {
        prop::option::of((prop::collection::vec(any::<u8>(), 0..20), any::<u16>()))
    }

    proptest! {
        #[test]
        fn records_read_back(old in any_side(), new in any_side(), binary: bool,
                             lines in prop::option::of((any::<[u32; 4]>(), "[a-z+\n -]{0,40}"))) {
            let side = |side: Option<(Vec<u8>, u16)>| side.map(|(path, mode)| FileSide {
                path: path.into(),
                mode,
                blob: binary.then(|| ObjectId::null(gix::hash::Kind::Sha1)),
            });
            let stored = StoredHunk {
                old: side(old),
                new: side(new),
                hunk: lines.map(|(n, body)| Hunk {
                    old_start: n[0], old_lines: n[1], new_start: n[2], new_lines: n[3],
                    section: "f".into(), body: body.into(),
                }),
            };
            let record = stored.encode();
            prop_assert_eq!(HunkView::decode(&record), Ok(stored.view()));
            prop_assert_eq!(StoredHunk::decode(&record), Ok(stored));
        }

        #[test]
        fn damaged_records_are_refused_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(stored) = StoredHunk::decode(&bytes) {
                prop_assert!(stored.encode().len() <= bytes.len());
            }
        }
    }
}
