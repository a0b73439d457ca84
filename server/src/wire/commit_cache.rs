//! What an answer says of a commit, kept because the next answers name many of the same commits.

use std::sync::Arc;

use hunktrace_indexer::graph::CommitOrdinal;
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};
use rustc_hash::FxBuildHasher;

/// Commits that are kept, of some 500 bytes each.
const CACHED_COMMITS: usize = 32 << 10;

/// For commits of one generation of the index what is said of them whatever the question is.
pub(crate) struct CommitCache<T>(Cache<CommitOrdinal, Arc<T>, UnitWeighter, FxBuildHasher>);

impl<T> Default for CommitCache<T> {
    fn default() -> CommitCache<T> {
        let lifecycle = DefaultLifecycle::default();
        CommitCache(Cache::with(
            CACHED_COMMITS,
            CACHED_COMMITS as u64,
            UnitWeighter,
            FxBuildHasher,
            lifecycle,
        ))
    }
}

impl<T> CommitCache<T> {
    /// What is said of a commit, if that is kept.
    pub(crate) fn get(&self, commit: CommitOrdinal) -> Option<Arc<T>> {
        self.0.get(&commit)
    }

    /// Keeps what is said of a commit, perhaps in the place of another one.
    pub(crate) fn insert(&self, commit: CommitOrdinal, part: Arc<T>) {
        self.0.insert(commit, part);
    }
}
