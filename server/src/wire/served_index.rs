//! The index that the service answers from: its newest generation, with what answers have said of that generation's commits.

use std::sync::{Arc, RwLock, Weak};

use crate::index::live_index::{LiveIndex, LiveSnapshot};
use crate::wire::commit_cache::CommitCache;

/// A generation of the index with what answers have said of its commits.
#[derive(Clone)]
pub(crate) struct ServedSnapshot {
    /// The generation.
    pub(crate) live: Arc<LiveSnapshot>,
    /// What answers from this generation have said.
    pub(crate) commits: Arc<CommitCache>,
}

/// An index and what answers have said of its newest generation.
pub(crate) struct ServedIndex {
    index: Arc<LiveIndex>,
    /// The generation that the cache belongs to; the cache keeps no generation alive that the index has left.
    commits: RwLock<(Weak<LiveSnapshot>, Arc<CommitCache>)>,
}

impl ServedIndex {
    /// An index of which nothing has been said yet.
    pub(crate) fn new(index: Arc<LiveIndex>) -> ServedIndex {
        ServedIndex { index, commits: RwLock::new((Weak::new(), Arc::default())) }
    }

    /// The generation that answers are given from now, with its cache; both stay whole while they are held.
    pub(crate) fn current(&self) -> ServedSnapshot {
        let live = self.index.current();
        {
            let (generation, commits) =
                &*self.commits.read().unwrap_or_else(|poisoned| poisoned.into_inner());
            if generation.as_ptr() == Arc::as_ptr(&live) {
                return ServedSnapshot { live, commits: Arc::clone(commits) };
            }
        }
        let mut cached = self.commits.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        // Asked for again: the generation may have changed while the lock was waited for, and never goes back.
        let live = self.index.current();
        if cached.0.as_ptr() != Arc::as_ptr(&live) {
            *cached = (Arc::downgrade(&live), Arc::default());
        }
        ServedSnapshot { live, commits: Arc::clone(&cached.1) }
    }
}
