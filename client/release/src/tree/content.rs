//! Where a file's content is, and reading, hashing and comparing it.
//!
//! A tree holds no contents in memory: a [`Content`] is a small handle that is read when it is asked for.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use bstr::{BStr, BString};
use gix::ObjectId;
use gix::objs::Kind;

use super::error::Error;
use super::folder_file::FolderFile;
use super::git_objects::GitObjects;
use super::spool::Spool;

/// Where a file's content is.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Held here: a symlink's target, or what stands for a submodule.
    Inline(BString),
    /// In a file of a folder.
    InFolder(Arc<FolderFile>),
    /// In the scratch file that an archive was unpacked to.
    InSpool(Spooled),
    /// In a git repository.
    InGit { objects: Arc<GitObjects>, id: ObjectId },
}

/// A part of the scratch file that an archive was unpacked to.
#[derive(Clone, Debug)]
pub(super) struct Spooled {
    pub spool: Arc<Spool>,
    pub offset: u64,
    pub len: u64,
    pub id: OnceLock<ObjectId>,
}

impl Content {
    /// The size in bytes, where it is known without reading.
    pub fn known_size(&self) -> Option<u64> {
        match self {
            Content::Inline(text) => Some(text.len() as u64),
            Content::InFolder(file) => Some(file.size),
            Content::InSpool(part) => Some(part.len),
            Content::InGit { .. } => None,
        }
    }

    /// The git blob id, where it is known without reading.
    pub fn known_id(&self) -> Option<ObjectId> {
        match self {
            Content::Inline(_) => None,
            Content::InFolder(file) => file.id.get().copied(),
            Content::InSpool(part) => part.id.get().copied(),
            Content::InGit { id, .. } => Some(*id),
        }
    }

    /// The repository that it is read from, if it is in one.
    pub fn repository(&self) -> Option<&GitObjects> {
        match self {
            Content::InGit { objects, .. } => Some(objects),
            Content::Inline(_) | Content::InFolder(_) | Content::InSpool(_) => None,
        }
    }

    /// The whole content. `path` is for messages only.
    pub fn read(&self, path: &BStr) -> Result<Vec<u8>, Error> {
        if let Content::InGit { objects, id } = self {
            return objects.read_blob(*id, path);
        }
        let mut stream = self.open(path)?;
        let mut bytes = Vec::with_capacity(usize::try_from(stream.len).unwrap_or(0));
        stream.input.read_to_end(&mut bytes).map_err(|source| self.failed(path, source))?;
        if bytes.len() as u64 != stream.len {
            return Err(self.failed(path, io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(bytes)
    }

    /// The git blob id; computed by reading the content the first time, then kept.
    pub fn id(&self, path: &BStr) -> Result<ObjectId, Error> {
        match self {
            Content::Inline(_) => self.compute_id(path),
            Content::InFolder(file) => remember(&file.id, || self.compute_id(path)),
            Content::InSpool(part) => remember(&part.id, || self.compute_id(path)),
            Content::InGit { id, .. } => Ok(*id),
        }
    }

    /// Whether two contents are equal. Ids are compared first, then sizes, then bytes.
    pub fn equals(&self, other: &Content, path: &BStr) -> Result<bool, Error> {
        let ids = (self.known_id(), other.known_id());
        if let (Some(id), Some(other_id)) = ids {
            return Ok(id == other_id);
        }
        if let (Some(size), Some(other_size)) = (self.known_size(), other.known_size())
            && size != other_size
        {
            return Ok(false);
        }
        if ids != (None, None) {
            return Ok(self.id(path)? == other.id(path)?);
        }
        self.equals_by_bytes(other, path)
    }

    fn equals_by_bytes(&self, other: &Content, path: &BStr) -> Result<bool, Error> {
        const CHUNK: usize = 64 << 10;
        let (mut left, mut right) = (self.open(path)?, other.open(path)?);
        if left.len != right.len {
            return Ok(false);
        }
        let mut remaining = left.len;
        let (mut left_chunk, mut right_chunk) = (vec![0; CHUNK], vec![0; CHUNK]);
        while remaining > 0 {
            let count = CHUNK.min(usize::try_from(remaining).unwrap_or(CHUNK));
            left.input.read_exact(&mut left_chunk[..count]).map_err(|source| self.failed(path, source))?;
            right.input.read_exact(&mut right_chunk[..count]).map_err(|source| other.failed(path, source))?;
            if left_chunk[..count] != right_chunk[..count] {
                return Ok(false);
            }
            remaining -= count as u64;
        }
        Ok(true)
    }

    fn compute_id(&self, path: &BStr) -> Result<ObjectId, Error> {
        let mut stream = self.open(path)?;
        gix::objs::compute_stream_hash(
            gix::hash::Kind::Sha1,
            Kind::Blob,
            &mut stream.input,
            stream.len,
            &mut gix::progress::Discard,
            &AtomicBool::new(false),
        )
        .map_err(|cause| self.failed(path, io::Error::other(cause)))
    }

    fn open(&self, path: &BStr) -> Result<Stream<'_>, Error> {
        Ok(match self {
            Content::Inline(text) => {
                Stream { len: text.len() as u64, input: Box::new(Cursor::new(text.as_slice())) }
            }
            Content::InFolder(file) => Stream { len: file.size, input: Box::new(file.open()?) },
            Content::InSpool(part) => Stream {
                len: part.len,
                input: Box::new(FileRange {
                    file: part.spool.file(),
                    offset: part.offset,
                    remaining: part.len,
                }),
            },
            Content::InGit { objects, id } => {
                let bytes = objects.read_blob(*id, path)?;
                Stream { len: bytes.len() as u64, input: Box::new(Cursor::new(bytes)) }
            }
        })
    }

    /// What a failure to read this content means.
    fn failed(&self, path: &BStr, source: io::Error) -> Error {
        match self {
            Content::InFolder(file) if source.kind() == io::ErrorKind::UnexpectedEof => {
                Error::Changed { path: file.path.clone() }
            }
            Content::InFolder(file) => Error::Io { path: file.path.clone(), source },
            Content::InSpool(part) => part.spool.failed(source),
            Content::Inline(_) | Content::InGit { .. } => {
                Error::Io { path: OsStr::from_bytes(path).into(), source }
            }
        }
    }
}

/// A content that is being read, and how long it is supposed to be.
struct Stream<'a> {
    len: u64,
    input: Box<dyn Read + 'a>,
}

/// A part of a file that is read without moving the file's own position, so that threads can share the file.
struct FileRange<'a> {
    file: &'a File,
    offset: u64,
    remaining: u64,
}

impl Read for FileRange<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.remaining).unwrap_or(usize::MAX));
        let count = self.file.read_at(&mut buffer[..wanted], self.offset)?;
        self.offset += count as u64;
        self.remaining -= count as u64;
        Ok(count)
    }
}

/// The id in the cell; the first call computes it.
fn remember(
    cell: &OnceLock<ObjectId>,
    compute: impl FnOnce() -> Result<ObjectId, Error>,
) -> Result<ObjectId, Error> {
    if let Some(id) = cell.get() {
        return Ok(*id);
    }
    let id = compute()?;
    Ok(*cell.get_or_init(|| id))
}
