//! What a neighbour is.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::NeighbourError;

/// What every SQLite file begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The files of a release that `attribute` has taken apart, as far as they are read here.
pub(super) const TREE_FILES: [&str; 2] = ["summary.json", "commits.jsonl"];

/// What a neighbour is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeighbourKind {
    /// A catalogue of a vendor's releases.
    Catalogue,
    /// A release that `attribute` has taken apart.
    Tree,
    /// What `lookup` says of the patches of a series.
    Series,
}

impl NeighbourKind {
    /// Finds out what is at a path.
    ///
    /// # Errors
    /// Where nothing is, or something else.
    pub fn of(path: &Path) -> Result<NeighbourKind, NeighbourError> {
        let name = path.display();
        let wrong = |message: String| NeighbourError::new(path, format!("{name}: {message}"));
        let gone = |error: std::io::Error| {
            wrong(format!(
                "cannot be read; bring it back, or forget it with 'hunktrace index --forget-neighbour {name}': {error}"
            ))
        };
        if path.metadata().map_err(gone)?.is_dir() {
            return match TREE_FILES.iter().all(|file| path.join(file).is_file()) {
                true => Ok(NeighbourKind::Tree),
                false => Err(wrong(
                    "has no summary.json and commits.jsonl; name the folder of one release that 'hunktrace attribute' has written"
                        .to_owned(),
                )),
            };
        }
        let mut start = Vec::new();
        File::open(path).and_then(|file| file.take(4096).read_to_end(&mut start)).map_err(gone)?;
        if start.starts_with(SQLITE) {
            Ok(NeighbourKind::Catalogue)
        } else if start.starts_with(b"{\"type\":") {
            Ok(NeighbourKind::Series)
        } else {
            Err(wrong(
                "is neither a catalogue nor what 'hunktrace lookup --format jsonl' prints of a series; give one of those, or the \
                 result of 'hunktrace attribute'"
                    .to_owned(),
            ))
        }
    }
}
