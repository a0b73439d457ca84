//! Why there is no report.

use std::io;
use std::path::{Path, PathBuf};

use bstr::BString;

use crate::answer::CommitIndex;

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused to write.
    #[error("{path}: cannot be written: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A value cannot be written as JSON.
    #[error("the report's data cannot be written as JSON: {0}")]
    Json(io::Error),
    /// The runs of a hunk do not cover its changed lines.
    #[error(
        "{path}: the runs of the hunk at new line {new_start} cover {covered} of its {changed} changed lines"
    )]
    UncoveredLines {
        /// The file.
        path: BString,
        /// Where the hunk begins on the new side.
        new_start: u32,
        /// Lines of its runs.
        covered: u64,
        /// Changed lines of its body.
        changed: u64,
    },
    /// An origin or a superseding commit is not in the list of commits.
    #[error("commit number {} is named as an origin, but there are only {commits} commits", .index.0)]
    UnknownCommit {
        /// The commit's place.
        index: CommitIndex,
        /// The length of the list.
        commits: usize,
    },
}

impl Error {
    /// What turns an error of the system at `path` into one of the report.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
