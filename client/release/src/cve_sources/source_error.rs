//! Why a source of vulnerabilities cannot be read.

use std::io;
use std::path::{Path, PathBuf};

/// Why a source, or one record of it, cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SourceError {
    /// It cannot be read.
    #[error("{}: cannot be read: {reason}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It is of no known form.
    #[error(
        "{}: is no source of vulnerabilities; give the tree of the kernel's CVE team, OSV or CVE records (.json), CIP's \
         issues (.yml), or the tracker of Ubuntu or Debian (CVE-YEAR-NUMBER)",
        path.display()
    )]
    UnknownForm {
        /// The file or folder.
        path: PathBuf,
    },
    /// A record is not as its form demands.
    #[error("{}: line {line}: {fault}; the record is left out", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line of the file, from 1.
        line: usize,
        /// What is wrong.
        fault: String,
    },
}

impl SourceError {
    /// Something that cannot be read.
    pub(super) fn io(path: &Path, source: io::Error) -> SourceError {
        SourceError::Io { path: path.to_owned(), reason: source.to_string() }
    }

    /// Something of no known form.
    pub(super) fn unknown(path: &Path) -> SourceError {
        SourceError::UnknownForm { path: path.to_owned() }
    }

    /// A record that is not as it has to be.
    pub(super) fn malformed(path: &Path, line: usize, fault: impl ToString) -> SourceError {
        SourceError::Malformed { path: path.to_owned(), line, fault: fault.to_string() }
    }
}
