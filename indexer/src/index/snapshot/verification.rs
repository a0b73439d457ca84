//! Whether an index agrees with itself.

use std::path::Path;

use crate::graph::CommitOrdinal;
use crate::index::folder::{IndexError, IndexFolder};
use crate::index::hunk_search::SearchedSegment;
use crate::index::snapshot::Snapshot;
use crate::message::subject_of;
use crate::segment::commit_record::CommitRecord;
use crate::segment::stored_hunk::HunkView;

/// A part of checking an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationStep {
    /// Files are compared with their checksums.
    Checksums,
    /// Records and messages are read, and held against the graph.
    Records,
    /// The digest of the content is taken.
    Digest,
}

/// Hears how far the check of an index is.
pub trait VerificationProgress {
    /// Of a step's `total` documents `done` are finished; a total of 0 says that the step cannot be counted.
    fn advanced(&self, step: VerificationStep, done: u64, total: u64);
}

/// For checks that nobody watches.
impl VerificationProgress for () {
    fn advanced(&self, _: VerificationStep, _: u64, _: u64) {}
}

/// Documents between two reports of progress.
const REPORT_INTERVAL: u64 = 1024;

/// Counts documents for those who watch.
pub(super) struct DocumentCount<'a> {
    progress: &'a dyn VerificationProgress,
    step: VerificationStep,
    done: u64,
    total: u64,
}

impl<'a> DocumentCount<'a> {
    /// A step with all documents of a snapshot ahead.
    pub(super) fn begin(
        snapshot: &Snapshot,
        step: VerificationStep,
        progress: &'a dyn VerificationProgress,
    ) -> DocumentCount<'a> {
        let total = snapshot.segments.iter().map(|segment| segment.docs().count() as u64).sum();
        progress.advanced(step, 0, total);
        DocumentCount { progress, step, done: 0, total }
    }

    /// One more is done.
    pub(super) fn count(&mut self) {
        self.done += 1;
        if self.done.is_multiple_of(REPORT_INTERVAL) || self.done == self.total {
            self.progress.advanced(self.step, self.done, self.total);
        }
    }
}

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
    pub fn open_verified(path: &Path, progress: &dyn VerificationProgress) -> Result<Snapshot, IndexError> {
        progress.advanced(VerificationStep::Checksums, 0, 0);
        IndexFolder::open(path)?.check_segment_files(&|| true)?;
        let snapshot = Snapshot::open(path)?;
        snapshot.verify_content(progress)?;
        Ok(snapshot)
    }

    /// Compares everything with its checksum, and what refers to something with what is there.
    ///
    /// # Errors
    /// The first thing that does not agree.
    pub fn verify(&self) -> Result<(), IndexError> {
        self.folder.check_segment_files(&|| true)?;
        self.verify_content(&())
    }

    /// Compares the graph with its checksum, and what refers to something with what is there. The segments' checksums agree.
    fn verify_content(&self, progress: &dyn VerificationProgress) -> Result<(), IndexError> {
        let graph = self.graph();
        graph.verify().map_err(|error| self.folder.graph_error(&self.generation, &error))?;
        let damaged = |message: String| Err(self.folder.damaged(&message));
        for (commit, seen) in CommitOrdinal::first(graph.len()).zip(self.seen_commits(progress)?) {
            let (id, hunks) = (graph.id(commit), seen.hunks);
            if hunks > 0 && !seen.is_described {
                return damaged(format!("commit {id} has {hunks} hunks but no description"));
            }
            if seen.messages != u32::from(seen.is_described) {
                let described = if seen.is_described { "described" } else { "not described" };
                return damaged(format!("commit {id} is {described} and has {} messages", seen.messages));
            }
            let expected = graph.hunk_count(commit);
            if hunks != expected && !(self.generation.is_bare && hunks == 0) {
                return damaged(format!("commit {id} has {hunks} hunks instead of {expected}"));
            }
        }
        Ok(())
    }

    /// Reads all records and messages, and counts what there is of each commit, by ordinal.
    fn seen_commits(&self, progress: &dyn VerificationProgress) -> Result<Vec<SeenCommit>, IndexError> {
        let mut documents = DocumentCount::begin(self, VerificationStep::Records, progress);
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
                documents.count();
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
