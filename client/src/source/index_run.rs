//! An indexing run whose progress people see, and which they can stop.

use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::run::index_update::{IndexRequest, IndexSummary, update_index};

use crate::source::index_progress::{Loudness, ShownProgress};

/// The user has stopped an indexing run.
#[derive(Debug, thiserror::Error)]
#[error("stopped; the index has what it had at its last commit point, and the next run goes on from there")]
pub struct Stopped;

/// Builds or extends an index.
///
/// # Errors
/// [`Stopped`] on the user's request, and [`IndexError`] if the index cannot be written or a repository cannot be
/// read.
pub fn run_indexing(request: &IndexRequest, loudness: Loudness) -> anyhow::Result<IndexSummary> {
    let progress = ShownProgress::start(loudness)?;
    let result = update_index(request, &progress);
    drop(progress);
    result.map_err(|error| match error {
        IndexError::Stopped => Stopped.into(),
        error => error.into(),
    })
}

/// As many threads as the machine runs at once.
pub fn usual_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
