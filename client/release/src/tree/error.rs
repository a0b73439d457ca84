//! What can go wrong while a tree is read.

use std::io;
use std::path::{Path, PathBuf};

use bstr::BString;
use gix::ObjectId;

use super::limits::Exceeded;

/// Any error of another library.
pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a tree, or a file of it, cannot be read; every message names the place and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The argument names nothing that exists.
    #[error(
        "{argument}: no such file or folder; give a folder, a tarball (.tar, .tar.gz, .tar.xz, .tar.bz2, \
         .tar.zst), a source RPM, or REPO:REV for a tree in a git repository"
    )]
    NotFound {
        /// The argument as given.
        argument: String,
    },
    /// A git repository is named without a revision.
    #[error("{argument}: a git repository needs a revision; write {repo}:REV, for example {repo}:v4.18")]
    NoRevision {
        /// The argument as given.
        argument: String,
        /// The repository.
        repo: PathBuf,
    },
    /// The file is of no kind that can be read.
    #[error(
        "{archive}: {found}; accepted are a folder, a tarball (plain or compressed with gzip, xz, bzip2 or \
         zstd), a source RPM that holds a kernel tarball, or REPO:REV"
    )]
    UnknownFormat {
        /// The file, and the member of it that was being read.
        archive: String,
        /// What was found instead.
        found: String,
    },
    /// The system refused to read a file or folder.
    #[error("{path}: cannot be read: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// An archive is damaged, cut short, or cannot be decoded.
    #[error(
        "{archive}: {place}: {source}; the archive may be damaged or cut short: fetch it again, or unpack it \
         and give the folder"
    )]
    Damaged {
        /// The archive, and the member of it that was being read.
        archive: String,
        /// Where in the archive: the last member seen and the offset.
        place: String,
        /// The decoder's reason.
        source: io::Error,
    },
    /// A member of an archive, or a file of a folder or git tree, cannot be part of a source tree.
    #[error("{archive}: {member:?} {problem}; leave it out, or give the tree in another form")]
    BadMember {
        /// The archive, folder or git tree.
        archive: String,
        /// The member's name as it stands there.
        member: BString,
        /// What is wrong with it.
        problem: String,
    },
    /// A limit was exceeded.
    #[error("{archive}: {place}: {exceeded}; leave out what is not source, or raise the limit")]
    OverLimit {
        /// The archive, folder or git tree.
        archive: String,
        /// Where: the member or path.
        place: String,
        /// Which limit.
        exceeded: Exceeded,
    },
    /// The tree holds no file at all.
    #[error("{archive}: holds no files; give a kernel source tree")]
    Empty {
        /// The archive, folder or git tree.
        archive: String,
    },
    /// The file that unpacked contents are kept in cannot be used.
    #[error(
        "the scratch file in {folder} failed: {source}; free some space, or name another folder (TMPDIR)"
    )]
    Scratch {
        /// The folder of the scratch file.
        folder: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// No member of the package is a kernel tarball.
    #[error(
        "{archive}: no linux-*.tar.* or kernel-*.tar.* among its {members} members; unpack the package and give \
         the kernel source folder"
    )]
    NoKernelTarball {
        /// The package.
        archive: String,
        /// How many members it has.
        members: u64,
    },
    /// More than one member of the package may be the kernel tarball.
    #[error(
        "{archive}: several kernel tarballs: {}; unpack the package and give the one that is meant",
        .found.join(", ")
    )]
    SeveralKernelTarballs {
        /// The package.
        archive: String,
        /// The members' names.
        found: Vec<String>,
    },
    /// What a package's spec file does with its patches is not certain.
    #[error(
        "{archive}: {place}: {problem}; prepare the tree (rpmbuild -bp --nodeps) and give its \
         folder"
    )]
    UnclearSpec {
        /// The package.
        archive: String,
        /// The spec file, and the line where it is one line, from 1.
        place: String,
        /// The line's text, and what is uncertain about it.
        problem: String,
    },
    /// A patch of a package does not apply to the tree of its tarball.
    #[error(
        "{archive}: {patch} does not apply: {problem}; prepare the tree (rpmbuild -bp --nodeps) and give its \
         folder"
    )]
    PatchFails {
        /// The package.
        archive: String,
        /// The patch.
        patch: String,
        /// The file or the line of the patch, and what is wrong.
        problem: String,
    },
    /// A git repository cannot be opened, or a revision or tree cannot be read.
    #[error("{repo}: {problem}: {source}")]
    Git {
        /// The repository.
        repo: PathBuf,
        /// What failed, and the remedy.
        problem: String,
        /// Git's reason.
        source: Cause,
    },
    /// An object that a git tree names is not in the repository.
    #[error(
        "{repo}: object {id} of {path:?} is missing; fetch it (git fetch --refetch, or git cat-file -p {id})"
    )]
    MissingObject {
        /// The repository.
        repo: PathBuf,
        /// The path in the tree.
        path: BString,
        /// The object's id.
        id: ObjectId,
    },
    /// A file of a folder is not what it was when the folder was listed.
    #[error("{path}: changed while the tree was being read; run again when nothing writes to the folder")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The tree has no such file.
    #[error("{tree}: has no file {path:?}; is it a kernel source tree?")]
    NoSuchFile {
        /// The tree.
        tree: String,
        /// The path asked for.
        path: BString,
    },
    /// The top Makefile does not say which kernel version this is.
    #[error("{tree}: the top Makefile {problem}; name the base explicitly")]
    NoVersion {
        /// The tree.
        tree: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Error {
    /// An error of reading an archive: a limit that a reader ran into, or damage.
    pub(super) fn damaged(archive: &str, place: impl Into<String>, source: io::Error) -> Error {
        let exceeded = source.get_ref().and_then(|inner| inner.downcast_ref::<Exceeded>()).copied();
        match exceeded {
            Some(exceeded) => Error::over_limit(archive, place, exceeded),
            None => Error::Damaged { archive: archive.into(), place: place.into(), source },
        }
    }

    /// A limit that was exceeded at a place.
    pub(super) fn over_limit(archive: &str, place: impl Into<String>, exceeded: Exceeded) -> Error {
        Error::OverLimit { archive: archive.into(), place: place.into(), exceeded }
    }

    /// A member that cannot be part of a source tree.
    pub(super) fn bad_member(archive: &str, member: &[u8], problem: impl Into<String>) -> Error {
        Error::BadMember { archive: archive.into(), member: member.into(), problem: problem.into() }
    }

    /// A failure of git with a repository.
    pub(super) fn git(repo: &Path, problem: impl Into<String>, cause: impl Into<Cause>) -> Error {
        Error::Git { repo: repo.to_owned(), problem: problem.into(), source: cause.into() }
    }
}
