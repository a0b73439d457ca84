//! The order in which commits are answered.

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};
use rustc_hash::FxHashSet;

/// Sorts commits by score; of equals the oldest comes first.
///
/// Of commits that make the very same change only the best is kept; the others are its equivalents.
pub(super) fn ranked(
    graph: &CommitGraph,
    mut scored: Vec<(f32, CommitOrdinal)>,
) -> Vec<(f32, CommitOrdinal)> {
    let date = |commit: CommitOrdinal| graph.committed_at(commit);
    let order = |a: &(f32, CommitOrdinal), b: &(f32, CommitOrdinal)| {
        b.0.total_cmp(&a.0).then_with(|| (date(a.1), a.1).cmp(&(date(b.1), b.1)))
    };
    scored.sort_by(order);
    let mut seen = FxHashSet::default();
    scored.retain(|(_, commit)| {
        let patch = graph.patch(*commit);
        patch == 0 || seen.insert(patch)
    });
    scored
}
