//! What lookups have worked out lately and will ask for again: the hunks of a series have candidates in common.

use std::sync::Arc;

use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::index::retrieval::HunkId;
use hunktrace_proto::v1;
use quick_cache::Weighter;
use quick_cache::sync::{Cache, DefaultLifecycle};
use rustc_hash::FxBuildHasher;

use crate::hunks::prepared_hunk::PreparedHunk;

/// Bytes of hunks that are kept.
const HUNK_BYTES: u64 = 64 << 20;

/// Hunks that these bytes hold, about.
const HUNKS: usize = 32 << 10;

/// Commits that are kept, of some 300 bytes each.
const COMMITS: usize = 32 << 10;

/// What was worked out for one snapshot, within a bound.
pub struct Kept {
    /// Hunks, ready for comparison.
    pub hunks: Cache<HunkId, Arc<PreparedHunk>, HunkBytes, FxBuildHasher>,
    /// What an answer says of a commit, whatever was asked.
    pub(crate) commits: Cache<CommitOrdinal, Arc<v1::Candidate>, quick_cache::UnitWeighter, FxBuildHasher>,
}

impl Default for Kept {
    fn default() -> Kept {
        let hunks = Cache::with(HUNKS, HUNK_BYTES, HunkBytes, FxBuildHasher, DefaultLifecycle::default());
        let unit = quick_cache::UnitWeighter;
        let commits = Cache::with(COMMITS, COMMITS as u64, unit, FxBuildHasher, DefaultLifecycle::default());
        Kept { hunks, commits }
    }
}

/// Hunks weigh what they take of memory.
#[derive(Clone, Copy, Debug)]
pub struct HunkBytes;

impl Weighter<HunkId, Arc<PreparedHunk>> for HunkBytes {
    fn weight(&self, _: &HunkId, hunk: &Arc<PreparedHunk>) -> u64 {
        hunk.bytes() as u64
    }
}
