//! Which files a vendor builds: by its configuration and the tree's makefiles, or by a list of what was compiled.

mod compiled_list;
mod kbuild;
mod kconfig;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::tree::{Error, Tree};
use crate::tree_question::BuiltFiles;

/// Why it is not known what is built.
#[derive(Debug, thiserror::Error)]
pub enum BuiltFilesError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is of no known form.
    #[error(
        "{}: is neither a configuration (CONFIG_X=y), nor a list of files, nor an SPDX document with files",
        path.display()
    )]
    UnknownForm {
        /// The file.
        path: PathBuf,
    },
    /// A makefile of the tree cannot be read.
    #[error(transparent)]
    Tree(#[from] Error),
}

/// Reads what a vendor builds from a configuration or from a list of files.
///
/// # Errors
/// Where the file, or a makefile of the tree, cannot be read.
pub fn read_built_files(path: &Path, vendor: &Tree) -> Result<BuiltFiles, BuiltFilesError> {
    let bytes =
        fs::read(path).map_err(|source| BuiltFilesError::Unreadable { path: path.to_owned(), source })?;
    let text = String::from_utf8_lossy(&bytes);
    let unknown = || BuiltFilesError::UnknownForm { path: path.to_owned() };
    if let Ok(document) = serde_json::from_str::<serde_json::Value>(&text) {
        return compiled_list::of_spdx(&document).ok_or_else(unknown);
    }
    match kconfig::Configuration::parse(&text) {
        Some(configuration) => Ok(kbuild::built_files(&configuration, vendor)?),
        None => compiled_list::of_lines(&text).ok_or_else(unknown),
    }
}
