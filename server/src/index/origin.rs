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
