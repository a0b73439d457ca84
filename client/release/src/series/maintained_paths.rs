//! Which part of the kernel a path belongs to, for everybody who is not writing a series.

use bstr::{BStr, ByteSlice};
use hunktrace_indexer::maintainers::{MAINTAINERS_PATH, Maintainers};
use hunktrace_server::catalogue::purpose::MaintainedBy;

use crate::tree::{Error, Tree};

/// The sections of a release's `MAINTAINERS` file.
#[derive(Debug, Default)]
pub struct MaintainedPaths(Maintainers);

impl MaintainedPaths {
    /// Reads the file of a tree; without one, or with one that cannot be used, no path belongs to anything.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn of(tree: &Tree) -> Result<MaintainedPaths, Error> {
        let path = BStr::new(MAINTAINERS_PATH);
        if !tree.entries.contains_key(path) {
            return Ok(MaintainedPaths::default());
        }
        Ok(MaintainedPaths(Maintainers::parse(&tree.read(path)?).unwrap_or_default()))
    }
}

impl MaintainedBy for MaintainedPaths {
    fn subsystem(&self, path: &BStr) -> Option<String> {
        self.0.subsystem(path).map(|title| title.to_str_lossy().into_owned())
    }
}
