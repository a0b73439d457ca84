//! What a neighbour is.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::NeighbourError;

/// What every SQLite file begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The files of a release that `attribute` has taken apart, as far as they are read here.
pub(super) const TREE_FILES: [&str; 2] = ["summary.json", "commits.jsonl"];

/// What can be a neighbour.
pub const WANTED: &str = "a catalogue, a release that 'hunktrace attribute' has written, a folder or mailbox of patches, or what \
                          'hunktrace lookup --format jsonl' prints of them";

/// What a neighbour is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeighbourKind {
    /// A catalogue of a vendor's releases.
    Catalogue,
    /// A release that `attribute` has taken apart.
    Tree,
    /// What `lookup` says of the patches of a series.
    Series,
    /// Anything else, which may be a series of patches: a folder, or a file. That shows when it is looked up.
    Patches,
}

impl NeighbourKind {
    /// Finds out what is at a path.
    ///
    /// # Errors
    /// Where nothing is, or no file or folder.
    pub fn of(path: &Path) -> Result<NeighbourKind, NeighbourError> {
        let name = path.display();
        let wrong = |message: String| NeighbourError::new(path, format!("{name}: {message}"));
        let gone = |error: std::io::Error| {
            wrong(format!(
                "cannot be read; bring it back, or forget it with 'hunktrace index --forget-neighbour {name}': {error}"
            ))
        };
        let found = path.metadata().map_err(gone)?;
        if found.is_dir() {
            return Ok(match TREE_FILES.iter().all(|file| path.join(file).is_file()) {
                true => NeighbourKind::Tree,
                false => NeighbourKind::Patches,
            });
        }
        if !found.is_file() {
            return Err(wrong(format!("is neither a file nor a folder; name {WANTED}")));
        }
        let mut start = Vec::new();
        File::open(path).and_then(|file| file.take(4096).read_to_end(&mut start)).map_err(gone)?;
        Ok(if start.starts_with(SQLITE) {
            NeighbourKind::Catalogue
        } else if start.starts_with(b"{\"type\":") {
            NeighbourKind::Series
        } else {
            NeighbourKind::Patches
        })
    }
}
