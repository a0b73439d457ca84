//! Whether an index agrees with itself.

use std::path::Path;

use crate::graph::CommitOrdinal;
use crate::index::folder::{IndexError, IndexFolder};
use crate::index::hunk_search::SearchedSegment;
use crate::index::snapshot::Snapshot;
use crate::message::subject_of;
use crate::segment::commit_record::CommitRecord;
use crate::segment::stored_hunk::HunkView;

/// What the segments have of a commit.
#[derive(Clone, Copy, Default)]
struct SeenCommit {
    hunks: u32,
    is_described: bool,
    messages: u32,
}

impl Snapshot {
    /// Checks the files before anything relies on them, then opens and verifies everything.
    ///
    /// # Errors
    /// The first thing that does not agree.
    pub fn open_verified(path: &Path) -> Result<Snapshot, IndexError> {
        IndexFolder::open(path)?.check_segment_files(&|| true)?;
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
        self.folder.check_segment_files(&|| true)?;
        let damaged = |message: String| Err(self.folder.damaged(&message));
        for (commit, seen) in CommitOrdinal::first(graph.len()).zip(self.seen_commits()?) {
            let (id, hunks) = (graph.id(commit), seen.hunks);
            if hunks > 0 && !seen.is_described {
                return damaged(format!("commit {id} has {hunks} hunks but no description"));
            }
            if seen.messages != u32::from(seen.is_described) {
                let described = if seen.is_described { "described" } else { "not described" };
                return damaged(format!("commit {id} is {described} and has {} messages", seen.messages));
            }
            let expected = graph.hunk_count(commit);
            if hunks != expected {
                return damaged(format!("commit {id} has {hunks} hunks instead of {expected}"));
            }
        }
        Ok(())
    }

    /// Reads all records and messages, and counts what there is of each commit, by ordinal.
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
                    let record: CommitRecord =
                        serde_json::from_slice(&bytes).map_err(|error| self.folder.damaged(&error))?;
                    self.verify_subject(segment.commit_of(doc), &record)?;
                }
            }
            for commit in self.message_commits(segment) {
                let commit = commit?;
                let record = segment.message(commit).map_err(|error| self.message_error(&error))?;
                seen[commit.index()].messages += u32::from(record.is_some());
            }
        }
        Ok(seen)
    }

    /// Compares the subject in a commit's record with that in its message.
    fn verify_subject(&self, commit: CommitOrdinal, record: &CommitRecord) -> Result<(), IndexError> {
        let message = self.commit_message(commit)?;
        let subject = message.as_ref().map(|message| subject_of(&message.text()));
        if subject.as_ref() != Some(&record.subject) {
            let problem = format!("commit {} has another subject than its message", record.id);
            return Err(self.folder.damaged(&problem));
        }
        Ok(())
    }
}
