//! Where in a series each file is changed.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::patch::{FilePatch, parse};
use rayon::prelude::*;

use super::problem::Problem;
use crate::append_file::AppendFile;
use crate::digest::digest_of;
use crate::series::error::{Error, SeriesPosition};
use crate::series::patch_header::{FoundHead, PatchHead};
use crate::series::series_file::{SERIES_FILE, patch_names};

/// The patches of a series, and which parts of them are about each file.
///
/// The patches are copied into one unlinked file while they are read: a file's pieces are all over the series, and
/// opening a patch for each of them would take longer than applying them.
pub(in crate::series) struct PatchIndex {
    copy: AppendFile,
    /// The file names in order.
    pub patches: Vec<String>,
    /// What has been read of each, in order.
    read: Vec<Arc<ReadPatch>>,
    /// What the patches do to each path, in the order of the patches.
    pub files: BTreeMap<BString, Vec<PieceAt>>,
}

/// What has been read of patches: of one that a release has in the same bytes as the release before it is taken from there.
#[derive(Debug, Default)]
pub(in crate::series) struct KnownPatches {
    copy: Option<AppendFile>,
    by_text: HashMap<u128, Arc<ReadPatch>>,
}

/// What has been read of one patch.
#[derive(Debug)]
pub(in crate::series) struct ReadPatch {
    /// The digest of its text.
    text: u128,
    /// Where in the copy it is.
    span: Range<u64>,
    /// What it says about itself.
    pub head: PatchHead,
    pieces: Vec<(BString, ReadPiece)>,
}

/// All that a patch says about one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ReadPiece {
    /// The line of the patch that it begins at, counted from 1.
    first_line: usize,
    /// Where it is in the copy.
    offset: u64,
    len: usize,
    /// The digest of its text.
    text: u128,
}

/// A part of a patch: all that it says about one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::series) struct PieceAt {
    /// The patch, by its place in the series.
    pub patch: usize,
    piece: ReadPiece,
}

impl PieceAt {
    /// A number that stands for its text.
    pub fn text(&self) -> u128 {
        self.piece.text
    }
}

impl PatchIndex {
    /// Reads the `series` file and all patches that it names.
    pub fn read(folder: &Path) -> Result<PatchIndex, Error> {
        PatchIndex::read_after(folder, &mut KnownPatches::default())
    }

    /// The same after the series of another release, from which `known` are; afterwards they are those of this one.
    pub fn read_after(folder: &Path, known: &mut KnownPatches) -> Result<PatchIndex, Error> {
        let series = folder.join(SERIES_FILE);
        let text = fs::read_to_string(&series).map_err(|source| Error::Io { path: series, source })?;
        let patches = patch_names(&text);
        let failed = |source| Error::Io { path: folder.into(), source };
        let copy = match &known.copy {
            Some(copy) => copy.clone(),
            None => AppendFile::create(folder).map_err(failed)?,
        };
        let read = patches.par_iter().map(|name| {
            let path = folder.join(name);
            let text = fs::read(&path).map_err(|source| Error::Io { path, source })?;
            let digest = digest_of(&text);
            if let Some(known) = known.by_text.get(&digest) {
                return Ok(Arc::clone(known));
            }
            let start = copy.add(&text).map_err(failed)?;
            let (head, pieces) = read_patch(&text, start, name)?;
            let span = start..start + text.len() as u64;
            Ok(Arc::new(ReadPatch { text: digest, span, head: head.head(), pieces }))
        });
        let read = read.collect::<Result<Vec<Arc<ReadPatch>>, Error>>()?;
        let mut files: BTreeMap<BString, Vec<PieceAt>> = BTreeMap::new();
        for (patch, read) in read.iter().enumerate() {
            for (path, piece) in &read.pieces {
                let piece = PieceAt { patch, piece: *piece };
                match files.get_mut(path) {
                    Some(pieces) => pieces.push(piece),
                    None => drop(files.insert(path.clone(), vec![piece])),
                }
            }
        }
        known.copy = Some(copy.clone());
        known.by_text = read.iter().map(|read| (read.text, Arc::clone(read))).collect();
        Ok(PatchIndex { copy, patches, read, files })
    }

    /// What the patches say about themselves, in order.
    pub fn heads(&self) -> impl Iterator<Item = &PatchHead> {
        self.read.iter().map(|read| &read.head)
    }

    /// What the patches say about a file, in order.
    pub fn file_patches(&self, path: &BStr) -> Result<Vec<(PieceAt, FilePatch)>, Error> {
        let Some(pieces) = self.files.get(path) else { return Ok(Vec::new()) };
        pieces.iter().map(|piece| Ok((*piece, self.file_patch(piece)?))).collect()
    }

    /// What a patch says below its subject.
    pub fn body(&self, patch: usize) -> Result<String, Error> {
        let (name, span) = (&self.patches[patch], &self.read[patch].span);
        let mut text = vec![0; (span.end - span.start) as usize];
        self.copy.read(span.start, &mut text).map_err(|source| Error::Io { path: name.into(), source })?;
        Ok(read_patch(&text, span.start, name)?.0.body)
    }

    /// The error for a problem with a part, whose line is counted from the beginning of the part.
    pub fn not_lossless(&self, piece: &PieceAt, path: &BStr, problem: Problem) -> Error {
        let position = SeriesPosition {
            patch: self.patches.get(piece.patch).cloned(),
            patch_line: Some(piece.piece.first_line + problem.line.map_or(0, |line| line - 1)),
            path: Some(path.into()),
        };
        Error::NotLossless { position, problem: problem.text }
    }

    fn file_patch(&self, piece: &PieceAt) -> Result<FilePatch, Error> {
        let (name, piece) = (&self.patches[piece.patch], &piece.piece);
        let mut text = vec![0; piece.len];
        self.copy.read(piece.offset, &mut text).map_err(|source| Error::Io { path: name.into(), source })?;
        let files = parse(&text).patches.into_iter().flat_map(|patch| patch.files).collect::<Vec<_>>();
        let [file] = <[FilePatch; 1]>::try_from(files)
            .map_err(|_| damaged(name, piece.first_line, "a part of it cannot be read by itself"))?;
        Ok(file)
    }
}

/// Reads the head of a patch, which begins at `start` in the copy, and finds the files in it.
fn read_patch(text: &[u8], start: u64, name: &str) -> Result<(FoundHead, Vec<(BString, ReadPiece)>), Error> {
    let parsed = parse(text);
    if let Some(problem) = parsed.problems.first() {
        return Err(damaged(name, problem.line, &problem.to_string()));
    }
    let [mail] = &parsed.patches[..] else {
        return Err(damaged(name, 1, "it is not one patch but several"));
    };
    let mut pieces = Vec::with_capacity(mail.files.len());
    let mut offset = mail.span.start + mail.preamble.len();
    let mut line = 1 + count_lines(&text[..offset.min(text.len())]);
    for file in &mail.files {
        let path = file.path().ok_or_else(|| damaged(name, line, "a part of it names no file"))?;
        let mut length = Length(0);
        file.write(&mut length).map_err(|_| damaged(name, line, "a part of it is too long"))?;
        let len = length.0;
        let end = offset + len + file.trailer.len();
        let part =
            text.get(offset..end).ok_or_else(|| damaged(name, line, "its parts are longer than it"))?;
        let digest = digest_of(&part[..len]);
        let piece = ReadPiece { first_line: line, offset: start + offset as u64, len, text: digest };
        pieces.push((path.to_owned(), piece));
        line += count_lines(part);
        offset = end;
    }
    match offset == text.len() {
        true => {
            let head = FoundHead::read(mail).map_err(|problem| damaged(name, 1, problem))?;
            Ok((head, pieces))
        }
        false => Err(damaged(name, line, "it holds more than its files")),
    }
}

fn count_lines(text: &[u8]) -> usize {
    text.find_iter(b"\n").count()
}

fn damaged(patch: &str, line: usize, problem: &str) -> Error {
    let position = SeriesPosition { patch: Some(patch.into()), patch_line: Some(line), path: None };
    Error::NotLossless { position, problem: problem.into() }
}

/// Counts the bytes that are written to it.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
