//! From the commit that was found to the commit that is named: carriers lead to their origin.

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, CommitSet, Relation};

/// How many carriers may stand between a commit and its origin: a vendor's backport of a stable backport is two.
const MAX_CARRIERS_BETWEEN: usize = 4;

/// The commit that a change came from: the commit itself, or what it says to carry.
///
/// Of several origins the first indexed one is taken; a circle ends where it closes.
pub fn origin_of(graph: &CommitGraph, commit: CommitOrdinal) -> CommitOrdinal {
    let mut seen = vec![commit];
    let mut current = commit;
    for _ in 0..MAX_CARRIERS_BETWEEN {
        let next = graph.related(Relation::Origin, current).into_iter().find(|origin| !seen.contains(origin));
        match next {
            Some(origin) => {
                seen.push(origin);
                current = origin;
            }
            None => break,
        }
    }
    current
}

/// The commits that carry `origin`, directly or through other carriers, oldest first.
pub fn carriers_of(graph: &CommitGraph, origin: CommitOrdinal) -> Vec<CommitOrdinal> {
    let mut carriers = Vec::new();
    let mut queue = vec![origin];
    while let Some(commit) = queue.pop() {
        for carrier in graph.relating(Relation::Origin, commit) {
            if carrier != origin && !carriers.contains(&carrier) {
                carriers.push(carrier);
                queue.push(carrier);
            }
        }
    }
    carriers.sort_by_key(|carrier| (graph.committed_at(*carrier), *carrier));
    carriers
}

/// What a base contains: its ancestors, and the origins that they carry.
pub fn contained_in(graph: &CommitGraph, base: CommitOrdinal) -> CommitSet {
    let ancestors = graph.ancestors(base);
    let mut contained = ancestors.clone();
    for index in 0..graph.len() {
        let commit = CommitOrdinal(index as u32);
        if ancestors.contains(commit) {
            for origin in graph.related(Relation::Origin, commit) {
                contained.insert(origin);
            }
        }
    }
    // A carrier of something that the base has is no news either.
    for index in 0..graph.len() {
        let commit = CommitOrdinal(index as u32);
        if graph.related(Relation::Origin, commit).iter().any(|origin| contained.contains(*origin)) {
            contained.insert(commit);
        }
    }
    contained
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_index::{MemoryIndex, WrittenCommit, carrier, commit, commit_set};

    const MAINLINE: CommitOrdinal = CommitOrdinal(0);
    const STABLE: CommitOrdinal = CommitOrdinal(1);
    const VENDOR: CommitOrdinal = CommitOrdinal(2);

    /// A mainline commit, its stable backport, and a vendor's backport of that.
    fn backports() -> [WrittenCommit; 3] {
        [commit([]), carrier(MAINLINE, []), carrier(STABLE, [])]
    }

    #[test]
    fn carriers_lead_to_their_origin() {
        let graph = MemoryIndex::of(backports()).graph;
        assert_eq!([MAINLINE, STABLE, VENDOR].map(|commit| origin_of(&graph, commit)), [MAINLINE; 3]);
    }

    #[test]
    fn carriers_of_carriers_count_and_the_oldest_comes_first() {
        let [mainline, stable, vendor] = backports();
        let stable = WrittenCommit { committed_at: 20, ..stable };
        let vendor = WrittenCommit { committed_at: 10, ..vendor };
        let graph = MemoryIndex::of([mainline, stable, vendor]).graph;
        assert_eq!(carriers_of(&graph, MAINLINE), [VENDOR, STABLE]);
        assert_eq!(carriers_of(&graph, STABLE), [VENDOR]);
        assert_eq!(carriers_of(&graph, VENDOR), []);
    }

    #[test]
    fn commits_that_carry_each_other_end_where_they_close() {
        let graph = MemoryIndex::of([carrier(STABLE, []), carrier(MAINLINE, [])]).graph;
        assert_eq!(origin_of(&graph, MAINLINE), STABLE);
        assert_eq!(origin_of(&graph, STABLE), MAINLINE);
        assert_eq!(carriers_of(&graph, MAINLINE), [STABLE]);
    }

    #[test]
    fn long_chains_are_followed_only_so_far() {
        let chain = (0..9).map(|number| match number {
            0 => commit([]),
            _ => carrier(CommitOrdinal(number - 1), []),
        });
        let graph = MemoryIndex::of(chain).graph;
        let steps = MAX_CARRIERS_BETWEEN as u32;
        assert_eq!(origin_of(&graph, CommitOrdinal(steps)), CommitOrdinal(0));
        assert_eq!(origin_of(&graph, CommitOrdinal(steps + 1)), CommitOrdinal(1));
    }

    #[test]
    fn base_contains_its_ancestors_and_what_they_carry() {
        // The base is a stable release that carries a mainline commit which is not among its ancestors.
        let base = WrittenCommit { parents: vec![CommitOrdinal(0)], ..carrier(CommitOrdinal(1), []) };
        let later = WrittenCommit { parents: vec![CommitOrdinal(2)], ..commit([]) };
        let graph = MemoryIndex::of([commit([]), commit([]), base, later]).graph;
        let contained = contained_in(&graph, CommitOrdinal(2));
        assert_eq!(contained, commit_set([0, 1, 2].map(CommitOrdinal)));
    }

    #[test]
    fn other_carriers_of_what_the_base_contains_are_no_news() {
        let [mainline, stable, _] = backports();
        let base = WrittenCommit { parents: vec![MAINLINE], ..commit([]) };
        let graph = MemoryIndex::of([mainline, stable, base, commit([])]).graph;
        let contained = contained_in(&graph, CommitOrdinal(2));
        assert_eq!(contained, commit_set([0, 1, 2].map(CommitOrdinal)));
    }
}
