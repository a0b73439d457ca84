//! The files of a source that is a folder.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::source_error::SourceError;

/// What is in a folder, by name.
pub(super) fn files_of(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let unreadable = |source| SourceError::io(folder, source);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        files.push(entry.map_err(unreadable)?.path());
    }
    files.sort_unstable();
    Ok(files)
}

/// The text of a file that may be missing.
pub(super) fn optional_text(path: &Path) -> Result<Option<String>, SourceError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SourceError::io(path, error)),
    }
}
