//! What an indexing run tells of its progress while it goes on.

/// Hears of an indexing run's progress.
pub trait IndexProgress: Sync {
    /// The plan is made: `commits` are to be indexed, and `known` are in the index already.
    fn planned(&self, commits: usize, known: usize);
    /// A commit was indexed, with the number of its hunks.
    fn indexed(&self, hunks: usize);
    /// The number of items so far that could not be read and are not indexed.
    fn passed_over(&self, items: usize);
    /// All commits are indexed and the segments are being merged.
    fn merging(&self);
    /// Whether the run is to stop as soon as the commits that are under way are indexed; they are kept.
    fn is_stopped(&self) -> bool;
}

/// For runs that nobody listens to and nobody stops.
impl IndexProgress for () {
    fn planned(&self, _: usize, _: usize) {}
    fn indexed(&self, _: usize) {}
    fn passed_over(&self, _: usize) {}
    fn merging(&self) {}
    fn is_stopped(&self) -> bool {
        false
    }
}
