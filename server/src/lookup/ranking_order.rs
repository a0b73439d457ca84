//! The order in which commits are answered.

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};
use rustc_hash::FxHashSet;

use crate::lookup::candidate::Candidate;

/// Puts the surest candidates first; equally sure ones keep their order, that of their scores.
pub(super) fn order_by_confidence(candidates: &mut [Candidate]) {
    candidates.sort_by(|a, b| b.confidence.0.total_cmp(&a.confidence.0));
}

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
        patch.is_none_or(|patch| seen.insert(patch))
    });
    scored
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_index::{MemoryIndex, WrittenCommit, commit, hunk_at};

    fn order(commits: [WrittenCommit; 3], scores: [f32; 3]) -> Vec<u32> {
        let index = MemoryIndex::of(commits);
        let scored = scores.into_iter().zip((0..).map(CommitOrdinal)).collect();
        ranked(&index.graph, scored).into_iter().map(|(_, commit)| commit.0).collect()
    }

    fn dated(date: i64, body: &str) -> WrittenCommit {
        WrittenCommit { committed_at: date, ..commit([hunk_at("fs/a.c", 1, body)]) }
    }

    #[test]
    fn best_comes_first_and_of_equals_the_oldest() {
        let commits = || [dated(30, "+a();\n"), dated(20, "+b();\n"), dated(10, "+c();\n")];
        assert_eq!(order(commits(), [0.5, 0.9, 0.7]), [1, 2, 0]);
        assert_eq!(order(commits(), [0.5, 0.5, 0.5]), [2, 1, 0]);
        assert_eq!(order([(); 3].map(|()| dated(10, "+a();\n")), [0.5; 3]), [0]);
    }

    #[test]
    fn of_commits_that_make_the_same_change_only_the_best_is_ranked() {
        let commits = [dated(10, "+a();\n"), dated(20, "+a();\n"), dated(30, "+b();\n")];
        assert_eq!(order(commits, [0.5, 0.9, 0.7]), [1, 2]);
    }

    #[test]
    fn commits_without_changes_are_not_the_same_change() {
        assert_eq!(order([(); 3].map(|()| commit([])), [0.5; 3]), [0, 1, 2]);
    }
}
