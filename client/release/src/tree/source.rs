//! What a tree was read from, exactly.

use std::fmt;
use std::path::{Path, PathBuf};

use bstr::BString;
use gix::ObjectId;

use super::checksum::Checksum;
use super::compression::Compression;

/// What a tree was read from: enough to name the input in a report and to find it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A folder, read as it stands, files unknown to git included.
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// A tarball.
    Tarball {
        /// The file.
        path: PathBuf,
        /// Its size in bytes, compressed.
        bytes: u64,
        /// Its checksum.
        checksum: Checksum,
        /// How it is compressed.
        compression: Compression,
    },
    /// The kernel tarball in an RPM package.
    Rpm {
        /// The package.
        path: PathBuf,
        /// Its size in bytes.
        bytes: u64,
        /// Its checksum.
        checksum: Checksum,
        /// Name, version and release with dashes between them, where the package's header has them.
        identity: Option<String>,
        /// The tarball's name in the package.
        member: BString,
        /// How the tarball is compressed.
        compression: Compression,
    },
    /// A tree in a git repository.
    Git {
        /// The repository.
        repo: PathBuf,
        /// The revision as given.
        revision: BString,
        /// The commit that it stands for; `None` where it names a tree directly.
        commit: Option<ObjectId>,
        /// The tree that was read.
        tree: ObjectId,
    },
}

impl Source {
    /// What was read, without the folders that it is in on this machine.
    pub fn without_folders(&self) -> Source {
        let mut source = self.clone();
        match &mut source {
            Source::Folder { path } | Source::Tarball { path, .. } | Source::Rpm { path, .. } => {
                *path = last_part(path);
            }
            Source::Git { repo, .. } => *repo = last_part(repo),
        }
        source
    }
}

/// The last part of a path; of one that ends in `.` or `..` that of the folder that it means.
fn last_part(path: &Path) -> PathBuf {
    let named = match path.file_name() {
        Some(name) => Some(name.to_owned()),
        None => path.canonicalize().ok().and_then(|path| path.file_name().map(ToOwned::to_owned)),
    };
    named.unwrap_or_default().into()
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Folder { path } => write!(f, "folder {}", path.display()),
            Source::Tarball { path, bytes, compression, .. } => {
                write!(f, "{} ({compression} tarball, {bytes} bytes)", path.display())
            }
            Source::Rpm { path, bytes, member, compression, .. } => {
                write!(f, "{} (RPM, {bytes} bytes): {member} ({compression} tarball)", path.display())
            }
            Source::Git { repo, revision, commit: Some(commit), tree } => {
                write!(f, "{}:{revision} (git commit {commit}, tree {tree})", repo.display())
            }
            Source::Git { repo, revision, commit: None, tree } => {
                write!(f, "{}:{revision} (git tree {tree})", repo.display())
            }
        }
    }
}
