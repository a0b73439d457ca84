//! Hunks that were made ready for comparison lately: the hunks of a series have candidates in common.

use std::sync::Arc;

use hunktrace_indexer::index::retrieval::HunkId;
use quick_cache::Weighter;
use quick_cache::sync::{Cache, DefaultLifecycle};
use rustc_hash::FxBuildHasher;

use crate::hunks::prepared_hunk::PreparedHunk;

/// Bytes of hunks that are kept.
const CACHED_HUNK_BYTES: u64 = 64 << 20;

/// Hunks that these bytes hold, about.
const CACHED_HUNKS: usize = 32 << 10;

/// Prepared hunks of one snapshot of an index, within a bound of memory.
pub struct PreparedCache(Cache<HunkId, Arc<PreparedHunk>, HunkBytes, FxBuildHasher>);

impl Default for PreparedCache {
    fn default() -> PreparedCache {
        let lifecycle = DefaultLifecycle::default();
        PreparedCache(Cache::with(CACHED_HUNKS, CACHED_HUNK_BYTES, HunkBytes, FxBuildHasher, lifecycle))
    }
}

impl PreparedCache {
    /// A hunk, if it is kept.
    pub fn get(&self, id: HunkId) -> Option<Arc<PreparedHunk>> {
        self.0.get(&id)
    }

    /// Keeps a hunk, perhaps in the place of others.
    pub fn insert(&self, id: HunkId, hunk: Arc<PreparedHunk>) {
        self.0.insert(id, hunk);
    }
}

/// Hunks weigh what they take of memory.
#[derive(Clone, Copy, Debug)]
struct HunkBytes;

impl Weighter<HunkId, Arc<PreparedHunk>> for HunkBytes {
    fn weight(&self, _: &HunkId, hunk: &Arc<PreparedHunk>) -> u64 {
        hunk.bytes() as u64
    }
}
