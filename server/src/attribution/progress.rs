//! What a run of the attribution tells and is told on the way.

use hunktrace_indexer::cancellation::Cancellation;

/// A part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributionPhase {
    /// Finding the hunks of history that may be in each file; counted in files.
    GatheringCandidates,
    /// Judging which commits are in the release and giving every line to one; a single step.
    WeighingCommits,
}

/// Hears how far the work is, and may stop it.
pub trait AttributionProgress: Sync {
    /// Of a phase's `total` steps `done` are finished.
    fn advanced(&self, phase: AttributionPhase, done: usize, total: usize);
    /// What stops the work.
    fn cancellation(&self) -> &Cancellation;
}
