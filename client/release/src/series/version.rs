//! One side of a file, and what can be done with it.

use bstr::BStr;
use gix::ObjectId;
use gix::objs::Kind;
use hunktrace_indexer::git::line_diff::is_binary;

use super::error::Error;
use super::release::Release;
use crate::answer::Side;

const REGULAR: u32 = 0o100644;
const EXECUTABLE: u32 = 0o100755;
const SYMLINK: u32 = 0o120000;
const SUBMODULE: u32 = 0o160000;

/// A file as one of the trees has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    /// The mode in git's terms, one of the four that git has.
    pub mode: u32,
    /// The content.
    pub bytes: Vec<u8>,
}

impl Version {
    /// Reads a file; `None` where the tree has no such file.
    pub fn read(release: &impl Release, side: Side, path: &BStr) -> Result<Option<Version>, Error> {
        let Some(mode) = release.mode(side, path) else { return Ok(None) };
        if ![REGULAR, EXECUTABLE, SYMLINK, SUBMODULE].contains(&mode) {
            return Err(Error::Mode { path: path.into(), mode });
        }
        let bytes =
            release.read(side, path).map_err(|source| Error::Read { path: path.into(), side, source })?;
        Ok(Some(Version { mode, bytes }))
    }

    /// Whether it is a file, executable or not.
    pub fn is_file(&self) -> bool {
        is_file(self.mode)
    }

    /// Whether it is a submodule, which only git knows.
    pub fn is_submodule(&self) -> bool {
        self.mode == SUBMODULE
    }

    /// Whether its content is to be shown as a binary patch.
    pub fn is_binary(&self) -> bool {
        self.is_file() && is_binary(&self.bytes)
    }

    /// Whether a diff can lead from it to the other without deleting it: both are files, symlinks or submodules.
    pub fn is_same_kind(&self, other: &Version) -> bool {
        is_same_kind(self.mode, other.mode)
    }

    /// What git calls the content: the blob's id, or the submodule's commit.
    pub fn id(&self, path: &BStr) -> Result<ObjectId, Error> {
        if self.is_submodule() {
            let commit = self.bytes.strip_prefix(b"Subproject commit ").and_then(|id| id.strip_suffix(b"\n"));
            return commit
                .and_then(|id| ObjectId::from_hex(id).ok())
                .ok_or_else(|| Error::Submodule { path: path.into() });
        }
        blob_id(path, &self.bytes)
    }
}

/// Whether two modes belong to things of one kind.
pub(super) fn is_same_kind(mode: u32, other: u32) -> bool {
    mode == other || is_file(mode) && is_file(other)
}

pub(super) fn is_file(mode: u32) -> bool {
    mode == REGULAR || mode == EXECUTABLE
}

/// The id of a blob with this content.
pub(super) fn blob_id(path: &BStr, bytes: &[u8]) -> Result<ObjectId, Error> {
    gix::objs::compute_hash(gix::hash::Kind::Sha1, Kind::Blob, bytes)
        .map_err(|source| Error::Hash { path: path.into(), source: source.into() })
}
