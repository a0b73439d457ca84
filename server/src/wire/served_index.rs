//! The index that the service answers from: its newest generation, with what was worked out for that generation.

use std::sync::{Arc, RwLock, Weak};

use hunktrace_proto::v1;

use crate::index::live_index::{LiveIndex, LiveSnapshot};
use crate::lookup::prepared_cache::PreparedCache;
use crate::neighbours::known_neighbours::KnownNeighbours;
use crate::wire::commit_cache::CommitCache;
use crate::wire::limits::Limits;
use crate::wire::metrics::Metrics;
use crate::wire::shown_paths::ShownPaths;

/// What answers from one generation have worked out and the next ones ask for again.
#[derive(Default)]
pub(crate) struct AnswerCache {
    /// Hunks that were made ready for comparison.
    pub(crate) prepared: PreparedCache,
    /// What was said of commits: the part of a candidate that does not depend on the question.
    pub(crate) commits: CommitCache<v1::Candidate>,
    /// What commits were said to be for.
    pub(crate) purposes: CommitCache<Option<v1::Purpose>>,
}

/// A generation of the index with its cache.
#[derive(Clone)]
pub(crate) struct ServedSnapshot {
    /// The generation.
    pub(crate) live: Arc<LiveSnapshot>,
    /// What answers from this generation have worked out.
    pub(crate) cache: Arc<AnswerCache>,
    /// What may be asked of it.
    pub(crate) limits: Limits,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// How this machine's paths are named to who asks.
    pub(crate) paths: Arc<ShownPaths>,
    /// Who else has commits.
    pub(crate) neighbours: Arc<KnownNeighbours>,
}

/// An index and the cache of its newest generation.
pub(crate) struct ServedIndex {
    index: Arc<LiveIndex>,
    limits: Limits,
    metrics: Arc<Metrics>,
    paths: Arc<ShownPaths>,
    neighbours: Arc<KnownNeighbours>,
    cached: RwLock<CachedGeneration>,
}

/// A cache with the generation that it belongs to, which it does not keep alive.
#[derive(Default)]
struct CachedGeneration {
    generation: Weak<LiveSnapshot>,
    cache: Arc<AnswerCache>,
}

impl CachedGeneration {
    fn is_of(&self, live: &Arc<LiveSnapshot>) -> bool {
        self.generation.as_ptr() == Arc::as_ptr(live)
    }
}

impl ServedIndex {
    /// An index from which nothing has been answered yet.
    pub(crate) fn new(index: Arc<LiveIndex>, limits: Limits, metrics: Arc<Metrics>) -> ServedIndex {
        let (paths, neighbours) = (Arc::default(), Arc::default());
        ServedIndex { index, limits, metrics, paths, neighbours, cached: RwLock::default() }
    }

    /// The same for people who have no business with this machine's paths.
    pub(crate) fn for_strangers(mut self) -> ServedIndex {
        self.paths = Arc::new(ShownPaths::by_name(self.index.path()));
        self
    }

    /// What requests may ask for.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How this machine's paths are named to who asks.
    pub(crate) fn paths(&self) -> &Arc<ShownPaths> {
        &self.paths
    }

    /// The generation that answers are given from now, with its cache; both stay whole while they are held.
    pub(crate) fn current(&self) -> ServedSnapshot {
        let live = self.index.current();
        {
            let cached = self.cached.read().unwrap_or_else(|poisoned| poisoned.into_inner());
            if cached.is_of(&live) {
                return self.snapshot(live, &cached);
            }
        }
        let mut cached = self.cached.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        // Asked for again: the generation may have changed while the lock was waited for, and never goes back.
        let live = self.index.current();
        if !cached.is_of(&live) {
            *cached = CachedGeneration { generation: Arc::downgrade(&live), cache: Arc::default() };
        }
        self.snapshot(live, &cached)
    }

    fn snapshot(&self, live: Arc<LiveSnapshot>, cached: &CachedGeneration) -> ServedSnapshot {
        let (metrics, paths) = (Arc::clone(&self.metrics), Arc::clone(&self.paths));
        let (cache, neighbours) = (Arc::clone(&cached.cache), Arc::clone(&self.neighbours));
        ServedSnapshot { live, cache, limits: self.limits, metrics, paths, neighbours }
    }
}
