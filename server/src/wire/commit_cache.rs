//! What an answer says of a commit, kept because the next answers name many of the same commits.

use std::sync::Arc;

use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_proto::v1;
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};
use rustc_hash::FxBuildHasher;

/// Commits that are kept, of some 500 bytes each.
const CACHED_COMMITS: usize = 32 << 10;

/// For commits of one generation of the index the part of a candidate that does not depend on the question.
pub(crate) struct CommitCache(Cache<CommitOrdinal, Arc<v1::Candidate>, UnitWeighter, FxBuildHasher>);

impl Default for CommitCache {
    fn default() -> CommitCache {
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

impl CommitCache {
    /// What is said of a commit, if that is kept.
    pub(crate) fn get(&self, commit: CommitOrdinal) -> Option<Arc<v1::Candidate>> {
        self.0.get(&commit)
    }

    /// Keeps what is said of a commit, perhaps in the place of another one.
    pub(crate) fn insert(&self, commit: CommitOrdinal, part: Arc<v1::Candidate>) {
        self.0.insert(commit, part);
    }
}
