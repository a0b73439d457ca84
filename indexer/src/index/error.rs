//! Why an index cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use crate::cancellation::Cancelled;
use crate::index::generation::FORMAT_VERSION;

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// There is no index in the folder.
    #[error("{}: there is no index here; build one with 'hunktrace index --index DIR --repo REPO'", .0.display())]
    Absent(PathBuf),
    /// The folder holds something else.
    #[error("{}: is not empty and holds no index; name an empty or a new folder", .0.display())]
    Foreign(PathBuf),
    /// The index has another format.
    #[error(
        "{}: the index has {found}, this program reads format {FORMAT_VERSION}; remove the folder and build the index anew \
         with 'hunktrace index --index DIR --repo REPO', or use the program that wrote it",
        path.display()
    )]
    Format {
        /// The index.
        path: PathBuf,
        /// What its format file says.
        found: String,
    },
    /// Another process is writing.
    #[error("{}: another process is writing to this index; wait for it to finish", .0.display())]
    Locked(PathBuf),
    /// The index is damaged.
    #[error(
        "{}: the index is damaged: {message}; restore it from a copy, or remove the folder and build it anew with \
         'hunktrace index'",
        path.display()
    )]
    Damaged {
        /// The index.
        path: PathBuf,
        /// What does not agree.
        message: String,
    },
    /// The index has no hunks.
    #[error(
        "{}: this index is bare: it has commits, and its hunks were exported; ask the index that it was made of, or a cluster \
         that has the hunks (docs/spark.md)",
        .0.display()
    )]
    Bare(PathBuf),
    /// What was gathered of an index is damaged, or was gathered of another one.
    #[error("what was gathered of the index does not fit it: {0}; export it again")]
    Gathered(String),
    /// The folder cannot be written to.
    #[error("{}: cannot be written to: {message}; {}", path.display(), write_remedy(*kind))]
    NotWritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        message: String,
        /// Its kind.
        kind: io::ErrorKind,
    },
    /// A file may not be read.
    #[error(
        "{}: {message}; whoever asks an index needs permission to read its folder and all files in it, and none to write",
        path.display()
    )]
    NotReadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        message: String,
    },
    /// Reading or writing failed.
    #[error("{}: {message}", path.display())]
    Storage {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        message: String,
    },
    /// A repository cannot be read.
    #[error(transparent)]
    Repository(#[from] crate::git::repository::RepositoryError),
    /// Records cannot be compressed.
    #[error("cannot compress records: {0}")]
    Compression(#[from] std::io::Error),
    /// The work was asked to stop.
    #[error("stopped on request")]
    Stopped,
    /// An indexing run was asked to stop, and has kept what it had done.
    #[error("stopped on request; the index has {commits} commits, and {left} are left")]
    Interrupted {
        /// Commits in the index now.
        commits: usize,
        /// Commits of the plan that are not.
        left: usize,
    },
    /// The reading was asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

fn write_remedy(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::ReadOnlyFilesystem => {
            "name a folder on a file system that is not mounted read-only (asking an index needs no permission to write)"
        }
        _ => "index as the user who owns the folder (asking an index needs no permission to write)",
    }
}

impl IndexError {
    /// What the system says when a file is read.
    pub(crate) fn reading(path: &Path, error: &io::Error) -> IndexError {
        let (path, message) = (path.to_owned(), error.to_string());
        match error.kind() {
            io::ErrorKind::PermissionDenied => IndexError::NotReadable { path, message },
            _ => IndexError::Storage { path, message },
        }
    }

    /// What the system says when a file is written.
    pub(crate) fn writing(path: &Path, error: &io::Error) -> IndexError {
        let (path, message, kind) = (path.to_owned(), error.to_string(), error.kind());
        match kind {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                IndexError::NotWritable { path, message, kind }
            }
            _ => {
                let message = format!(
                    "{message}; what was committed is as it was: mend the cause (is the disk full?) and run it again"
                );
                IndexError::Storage { path, message }
            }
        }
    }
}
