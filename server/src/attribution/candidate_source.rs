//! Where the candidates of files are looked for.

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::CommitSet;
use hunktrace_indexer::index::retrieval::HunkRetrieval;

/// Where the candidates of files are looked for.
#[derive(Clone, Copy)]
pub struct CandidateSource<'a> {
    /// The index.
    pub retrieval: &'a dyn HunkRetrieval,
    /// Commits that are not considered.
    pub excluded: &'a CommitSet,
    /// Stops the work.
    pub cancellation: &'a Cancellation,
}
