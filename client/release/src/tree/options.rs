//! How a tree is to be read.

use std::path::PathBuf;

use super::limits::Limits;

/// How a tree is to be read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What a tree may hold.
    pub limits: Limits,
    /// The folder for the scratch file that an archive is unpacked to; `None` is the system's temporary folder.
    pub scratch: Option<PathBuf>,
    /// Files and folders that do not count where they lie in a folder that is read, whether they are there or not: results
    /// that are being written.
    pub left_out: Vec<PathBuf>,
}
