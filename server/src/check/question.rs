//! What is asked of a vendor's tree: the index, what the base has, and what of history does not count.

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::HunkRetrieval;

use super::kin::{Kin, Undoings};
use super::tree_file::Unread;
use crate::index::base_content::BaseContent;

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The index cannot be read.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A file of a tree cannot be had.
    #[error(transparent)]
    Tree(#[from] Unread),
    /// Nobody wants the answer any more, or it took too long.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What all questions to one tree have in common.
pub struct TreeQuestion<'a> {
    /// The commits of the index.
    pub graph: &'a CommitGraph,
    /// Their hunks.
    pub retrieval: &'a dyn HunkRetrieval,
    /// What the base has; without one everything is judged by code.
    pub base: Option<&'a BaseContent>,
    /// Commits that say to carry a change and do not make it.
    pub broken: CommitSet,
    /// What counts as the undoing of a commit.
    pub undoings: Undoings,
    /// Tells the work to stop.
    pub cancellation: &'a Cancellation,
}

#[cfg(test)]
impl<'a> TreeQuestion<'a> {
    /// What small trees are asked by in tests: an index in memory, no base, and nothing that does not count.
    pub(crate) fn without_base(
        index: &'a crate::memory_index::MemoryIndex,
        cancellation: &'a Cancellation,
    ) -> TreeQuestion<'a> {
        TreeQuestion {
            graph: &index.graph,
            retrieval: index,
            base: None,
            broken: CommitSet::default(),
            undoings: Undoings::default(),
            cancellation,
        }
    }
}

impl TreeQuestion<'_> {
    /// The commits that make the same change as one of the index.
    pub fn kin(&self, commit: CommitOrdinal) -> Kin {
        Kin::of(self.graph, commit, &self.broken)
    }
}
