//! Whether an index agrees with itself.

use std::path::Path;

use crate::graph::CommitOrdinal;
use crate::index::folder::{IndexError, IndexFolder};
use crate::index::hunk_search::SearchedSegment;
use crate::index::snapshot::Snapshot;
use crate::segment::commit_record::CommitRecord;
use crate::segment::stored_hunk::HunkView;

/// What the segments have of a commit.
#[derive(Clone, Copy, Default)]
struct SeenCommit {
    hunks: u32,
    is_described: bool,
}

impl Snapshot {
    /// Checks the files before anything relies on them, then opens and verifies everything.
    ///
    /// # Errors
    /// The first thing that does not agree.
    pub fn open_verified(path: &Path) -> Result<Snapshot, IndexError> {
        IndexFolder::open(path)?.verify_segments()?;
        let snapshot = Snapshot::open(path)?;
        snapshot.verify()?;
        Ok(snapshot)
    }

    /// Compares everything with its checksum, and what refers to something with what is there.
    ///
    /// # Errors
    /// The first thing that does not agree.
    pub fn verify(&self) -> Result<(), IndexError> {
        let graph = self.graph();
        graph.verify().map_err(|error| self.folder.graph_error(&self.generation, &error))?;
        self.folder.verify_segments()?;
        let damaged = |message: String| Err(self.folder.damaged(&message));
        for (commit, seen) in CommitOrdinal::first(graph.len()).zip(self.seen_commits()?) {
            let (id, hunks) = (graph.id(commit), seen.hunks);
            if hunks > 0 && !seen.is_described {
                return damaged(format!("commit {id} has {hunks} hunks but no description"));
            }
            let expected = graph.hunk_count(commit);
            if hunks != expected {
                return damaged(format!("commit {id} has {hunks} hunks instead of {expected}"));
            }
        }
        Ok(())
    }

    /// Reads all records, and counts what there is of each commit, by ordinal.
    fn seen_commits(&self) -> Result<Vec<SeenCommit>, IndexError> {
        let mut seen = vec![SeenCommit::default(); self.graph().len()];
        for segment in &self.segments {
            for doc in segment.docs() {
                self.existing_commit(segment, doc)?;
                let commit = &mut seen[segment.commit_of(doc).index()];
                let bytes = self.record(segment, doc)?;
                if segment.number_of(doc).is_some() {
                    commit.hunks += 1;
                    HunkView::decode(&bytes).map_err(|error| self.folder.damaged(&error))?;
                } else {
                    commit.is_described = true;
                    serde_json::from_slice::<CommitRecord>(&bytes)
                        .map_err(|error| self.folder.damaged(&error))?;
                }
            }
        }
        Ok(seen)
    }
}
