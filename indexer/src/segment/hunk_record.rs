//! The record of a hunk: how a stored hunk becomes bytes, and how it is read where they lie.
//!
//! Format of a stored hunk: a byte of flags, then what the flags announce, in this order. Numbers are LEB128 varints of at
//! most 32 bits; byte strings are a number (the length) and the bytes.
//!
//! | part | present |
//! |---|---|
//! | old path | flag 1: there is an old side (not for added files) |
//! | new path | flag 2: there is a new side (not for deleted files); not written with flag 4: it equals the old path |
//! | old mode, new mode: numbers | for each side that is there |
//! | old blob, new blob: 20 bytes each | flag 8 (binary content), for each side that is there |
//! | old start, old lines, new start, new lines, section, body | flag 16: there are changed lines |
//!
//! The body has each line with its marker and newline, and `\ No newline at end of file` lines where a diff has them. A
//! change without lines (mode, name, binary content, empty file) is one stored hunk without flag 16.
//!
//! For the terms of a change without lines these texts stand in for the changed lines, `-` for the old and `+` for the new
//! side: `file PATH` for a side without the other; `name PATH` where the path differs; `mode OOOOOO PATH` (six octal
//! digits) where the mode differs; `blob ID` for binary content.

use bstr::BStr;
use gix::ObjectId;

use crate::segment::stored_hunk::{HunkView, LinesView, SideView, StoredHunk};
use crate::segment::varint::{take_small, write_varint};

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
    use crate::hunk::Hunk;
    use crate::segment::stored_hunk::FileSide;
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
