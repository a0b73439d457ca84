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
pub struct PreparedCache(Cache<HunkId, Kept, HunkBytes, FxBuildHasher>);

impl Default for PreparedCache {
    fn default() -> PreparedCache {
        let lifecycle = DefaultLifecycle::default();
        PreparedCache(Cache::with(CACHED_HUNKS, CACHED_HUNK_BYTES, HunkBytes, FxBuildHasher, lifecycle))
    }
}

impl PreparedCache {
    /// A hunk, if it is kept.
    pub fn get(&self, id: HunkId) -> Option<Arc<PreparedHunk>> {
        self.0.get(&id).map(|kept| kept.hunk)
    }

    /// Keeps a hunk, perhaps in the place of others.
    pub fn insert(&self, id: HunkId, hunk: Arc<PreparedHunk>) {
        let bytes = hunk.bytes() as u64;
        self.0.insert(id, Kept { hunk, bytes });
    }
}

/// A hunk that is kept.
#[derive(Clone)]
struct Kept {
    hunk: Arc<PreparedHunk>,
    /// What it took when it came: it grows when its edits are asked for, and the cache adds and subtracts the same.
    bytes: u64,
}

/// Hunks weigh what they take of memory when they come.
#[derive(Clone, Copy, Debug)]
struct HunkBytes;

impl Weighter<HunkId, Kept> for HunkBytes {
    fn weight(&self, _: &HunkId, kept: &Kept) -> u64 {
        kept.bytes
    }
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::fingerprint::LineHasher;

    use super::*;
    use crate::memory_index::hunk_at;

    fn prepared(body: &str) -> Arc<PreparedHunk> {
        Arc::new(PreparedHunk::new(&hunk_at("fs/a.c", 1, body).view(), &mut LineHasher::default()))
    }

    #[test]
    fn hunk_is_there_until_room_is_needed() {
        let cache = PreparedCache::default();
        let hunk = prepared("+\tkept();\n");
        assert!(cache.get(HunkId(7)).is_none());
        cache.insert(HunkId(7), Arc::clone(&hunk));
        assert!(cache.get(HunkId(7)).is_some_and(|kept| Arc::ptr_eq(&kept, &hunk)));
        assert!(cache.get(HunkId(8)).is_none());
    }

    #[test]
    fn hunk_that_grows_while_it_is_kept_can_be_replaced() {
        let cache = PreparedCache::default();
        let hunk = prepared("+\tone = two + three + four + five + six + seven + eight;\n");
        let before = hunk.bytes();
        cache.insert(HunkId(7), Arc::clone(&hunk));
        hunk.edits();
        assert!(hunk.bytes() > before);
        let other = prepared("+\tkept();\n");
        cache.insert(HunkId(7), Arc::clone(&other));
        assert!(cache.get(HunkId(7)).is_some_and(|kept| Arc::ptr_eq(&kept, &other)));
        assert_eq!(cache.0.weight(), other.bytes() as u64);
    }

    #[test]
    fn long_hunks_leave_room_for_few() {
        let cache = PreparedCache::default();
        let long = prepared(&format!("+{}\n", "x".repeat(1 << 20)));
        let many = 2 * CACHED_HUNK_BYTES / long.bytes() as u64;
        (0..many).for_each(|id| cache.insert(HunkId(id), Arc::clone(&long)));
        let kept = (0..many).filter(|id| cache.get(HunkId(*id)).is_some()).count() as u64;
        assert!(kept > 0 && kept * long.bytes() as u64 <= CACHED_HUNK_BYTES, "{kept} of {many}");
    }
}
