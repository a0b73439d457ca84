//! An index that has the work on a question cancelled after so many reads, for tests of how soon it stops.

use std::sync::atomic::{AtomicUsize, Ordering};

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::fingerprint::IndexTerm;
use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{FoundHunk, HunkId, HunkRetrieval, RetrievalQuery};
use hunktrace_indexer::segment::stored_hunk::HunkView;

use crate::memory_index::MemoryIndex;

/// An index in memory whose reads are counted.
pub(crate) struct StoppingIndex<'a> {
    index: &'a MemoryIndex,
    reads: AtomicUsize,
    last: usize,
    cancellation: Cancellation,
}

impl<'a> StoppingIndex<'a> {
    /// An index whose read of this number, from 1, cancels the work.
    pub(crate) fn new(index: &'a MemoryIndex, last: usize) -> StoppingIndex<'a> {
        StoppingIndex { index, reads: AtomicUsize::new(0), last, cancellation: Cancellation::default() }
    }

    /// What cancels the work.
    pub(crate) fn cancellation(&self) -> &Cancellation {
        &self.cancellation
    }

    /// How often it was read.
    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    fn read(&self) -> &'a MemoryIndex {
        if self.reads.fetch_add(1, Ordering::Relaxed) + 1 == self.last {
            self.cancellation.cancel();
        }
        self.index
    }
}

impl HunkRetrieval for StoppingIndex<'_> {
    fn hunk_count(&self) -> u64 {
        self.index.hunk_count()
    }

    fn frequencies(&self, terms: &[IndexTerm]) -> Result<Vec<u32>, IndexError> {
        self.read().frequencies(terms)
    }

    fn search(&self, query: &RetrievalQuery<'_>) -> Result<Vec<FoundHunk>, IndexError> {
        self.read().search(query)
    }

    fn hunks_of(&self, commit: CommitOrdinal) -> Result<Vec<FoundHunk>, IndexError> {
        self.read().hunks_of(commit)
    }

    fn hunks_of_path(
        &self,
        path: IndexTerm,
        excluded: Option<&CommitSet>,
    ) -> Result<Vec<FoundHunk>, IndexError> {
        self.read().hunks_of_path(path, excluded)
    }

    fn visit(&self, hunks: &[HunkId], visit: &mut dyn FnMut(usize, &HunkView<'_>)) -> Result<(), IndexError> {
        self.read().visit(hunks, visit)
    }
}
