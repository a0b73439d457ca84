//! An indexing run whose progress people see, and which they can stop.

use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::run::index_update::{IndexRequest, IndexSummary, update_index};

use indicatif::HumanCount;

use crate::source::index_progress::{Loudness, ShownProgress};
use crate::terminal::screen_text::counted;

/// The user has stopped an indexing run.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// Something was indexed, by this run or an earlier one.
    #[error(
        "stopped; the index has {}, {} are left, and the next run goes on from there",
        counted(*.commits as u64, "commit"), HumanCount(*.left as u64)
    )]
    OnTheWay {
        /// Commits in the index.
        commits: usize,
        /// Commits that are still to be indexed.
        left: usize,
    },
    /// Everything was indexed, and its segments were being merged.
    #[error("stopped while the index was tidied up; all commits are indexed, and the next run tidies up")]
    WhileTidying,
    /// Nothing was indexed yet.
    #[error("stopped before the first commit was indexed")]
    AtTheBegin,
}

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
        IndexError::Stopped => Stopped::WhileTidying.into(),
        IndexError::Interrupted { commits: 0, .. } => Stopped::AtTheBegin.into(),
        IndexError::Interrupted { commits, left } => Stopped::OnTheWay { commits, left }.into(),
        error => error.into(),
    })
}

/// As many threads as the machine runs at once.
pub fn usual_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
