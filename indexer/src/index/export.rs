//! The hunks of an index for other engines: numbered, with their terms and records.

use crate::fingerprint::{LineHasher, TermNumber, sampled_terms};
use crate::graph::CommitOrdinal;
use crate::index::folder::IndexError;
use crate::index::gathered_hunks::hunk_number;
use crate::index::retrieval::{HunkId, HunkRetrieval};
use crate::index::snapshot::Snapshot;

/// A hunk with all that a search needs to find it, and its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedHunk {
    /// Its number, as [`hunk_number`] makes it.
    pub hunk: HunkId,
    /// How many terms its lines give, before long hunks are sampled.
    pub line_count: u32,
    /// The terms of lines by which it is found, ascending.
    pub terms: Vec<TermNumber>,
    /// The terms of its paths.
    pub paths: Vec<TermNumber>,
    /// The record.
    pub record: Vec<u8>,
}

impl Snapshot {
    /// The hunks of a commit, in their order.
    ///
    /// # Errors
    /// Where the index cannot be read, or has no hunks.
    pub fn exported_hunks(
        &self,
        commit: CommitOrdinal,
        hasher: &mut LineHasher,
    ) -> Result<Vec<ExportedHunk>, IndexError> {
        let mut hunks = Vec::new();
        self.visit_commit(commit, &mut |number, view| {
            let stored = view.to_stored();
            let lines = stored.line_terms(hasher);
            hunks.push(ExportedHunk {
                hunk: hunk_number(commit, number),
                line_count: lines.len() as u32,
                terms: sampled_terms(&lines).map(|term| term.number()).collect(),
                paths: stored.path_terms().map(|path| path.number()).collect(),
                record: stored.encode(),
            });
        })?;
        Ok(hunks)
    }
}
