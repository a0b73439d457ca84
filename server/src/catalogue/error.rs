//! Why a catalogue cannot be used.

use std::path::PathBuf;

/// Why a catalogue cannot be read or written, or does not answer.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// There is no file of that name.
    #[error("{0}: there is no catalogue; make one with 'hunktrace catalogue add'")]
    Absent(PathBuf),
    /// The file is something else.
    #[error("{0}: is no catalogue of hunktrace; name another file")]
    Foreign(PathBuf),
    /// A newer program wrote it.
    #[error("{path}: has format {found}, and this program knows up to {known}; update hunktrace")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that is known.
        known: i64,
    },
    /// An older program wrote it.
    #[error(
        "{path}: has the older format {found}; repeat the 'hunktrace catalogue add' that made it: that brings it to format {known} and \
         adds nothing that is there"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The format that this program reads.
        known: i64,
    },
    /// A release of that name is there, and was made from something else.
    #[error(
        "the catalogue has {name} already, read from {known}; give the new one another name, or begin another catalogue"
    )]
    Different {
        /// The release.
        name: String,
        /// What it was read from, with its checksum.
        known: String,
    },
    /// There is no such release.
    #[error("the catalogue has no release {name}; it has {known}")]
    NoRelease {
        /// What was asked for.
        name: String,
        /// The names that it has, or those that come nearest.
        known: String,
    },
    /// The name stands for releases of several vendors.
    #[error("{name} is a release of several vendors: {vendors}; write VENDOR/{name}")]
    ManyReleases {
        /// What was asked for.
        name: String,
        /// The vendors.
        vendors: String,
    },
    /// No release has the commit, path, function or CVE.
    #[error("{0}")]
    Nothing(String),
    /// A text that should be a call trace is none.
    #[error("the call trace names no function; paste the lines that the kernel printed, with func+0x1a/0x2b")]
    NoTrace,
    /// An abbreviated commit id stands for several commits.
    #[error("{name} begins the ids of several commits: {found}; give more digits")]
    ManyCommits {
        /// What was asked for.
        name: String,
        /// Some of them.
        found: String,
    },
    /// A stored text cannot be unpacked, or is not what was stored.
    #[error("the stored text {0} is damaged; run 'hunktrace catalogue check', and build the catalogue anew")]
    Damaged(i64),
    /// The file cannot be read or written.
    #[error("{}", sqlite_reason(.0))]
    Sqlite(#[from] rusqlite::Error),
}

impl CatalogueError {
    /// Whether another process is writing the file right now.
    pub(super) fn is_busy(&self) -> bool {
        let CatalogueError::Sqlite(error) = self else { return false };
        error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
    }
}

/// What SQLite says, with a remedy where there is one.
fn sqlite_reason(error: &rusqlite::Error) -> String {
    use rusqlite::ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, ReadOnly,
    };
    let remedy = match error.sqlite_error_code() {
        Some(DatabaseBusy | DatabaseLocked) => "another process is writing it; try again when that has ended",
        Some(DatabaseCorrupt) => "the file is damaged; restore a copy, or build it anew",
        Some(DiskFull) => "the disk is full; what was stored before is kept",
        Some(ReadOnly) => "it cannot be written; check the permissions of the file and its folder",
        Some(CannotOpen) => "it cannot be opened; check that its folder exists and may be read",
        _ => return format!("the catalogue: {error}"),
    };
    format!("the catalogue: {error}: {remedy}")
}

/// Why a release was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The catalogue cannot be written, or has another release of that name.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A text or message cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

impl From<rusqlite::Error> for AddError {
    fn from(error: rusqlite::Error) -> Self {
        AddError::Catalogue(error.into())
    }
}
