//! The upstream releases that an index has, and how many commits came with each.

use std::collections::HashMap;

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};

/// A tagged release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedRelease {
    /// Its tag.
    pub name: String,
    /// The commit date of the tagged commit, in seconds since 1970, UTC.
    pub committed_at: i64,
    /// Indexed commits that no earlier release contains.
    pub commits: u64,
}

/// The tagged releases of an index, oldest first.
pub fn indexed_releases(graph: &CommitGraph) -> Vec<IndexedRelease> {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    let commits = (0..graph.len()).map(|index| CommitOrdinal(index as u32));
    for release in commits.filter_map(|commit| graph.first_release(commit)) {
        *counts.entry(release).or_default() += 1;
    }
    let release = |tag: &hunktrace_indexer::graph::ReleaseTag| IndexedRelease {
        name: tag.name.clone(),
        committed_at: graph.find(&tag.commit).map_or(0, |commit| graph.committed_at(commit)),
        commits: counts.get(tag.name.as_str()).copied().unwrap_or_default(),
    };
    graph.tags().iter().map(release).collect()
}
