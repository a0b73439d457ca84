//! What became of a site: what was written, or why there is none.

use std::io;
use std::path::PathBuf;

use crate::failure::Failure;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteReport {
    /// Files of the site.
    pub files: usize,
    /// Those of them that were new or have changed.
    pub written: usize,
    /// Files of an earlier site that are no part of this one, and were removed.
    pub removed: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// Pages that could not be made, with the reason.
    pub left_out: Vec<String>,
}

/// Why there is no site.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The catalogue does not answer.
    #[error("{0}")]
    Unanswered(String),
    /// The folder is something else's.
    #[error("{0}: has files that are no site of hunktrace; choose an empty folder, or one that is not there")]
    Foreign(PathBuf),
    /// A release is not there.
    #[error("the catalogue has no release {0}; 'hunktrace catalogue list' names all")]
    NoRelease(String),
    /// A file cannot be written or read.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl From<Failure> for SiteError {
    fn from(failure: Failure) -> SiteError {
        SiteError::Unanswered(failure.message)
    }
}
