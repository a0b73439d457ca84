//! What a base contains: its ancestors, what they carry, and what makes the very same change on another branch.

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, CommitSet, Relation};
use rustc_hash::FxHashMap;

use crate::index::origin::{carriers_of, origin_of};

/// Commits of which the descendants are marked in one pass over the graph: one for each bit of a mark.
const MARKS: usize = 64;

/// What a base contains.
pub struct BaseContent {
    /// The commits of the base itself.
    pub ancestors: CommitSet,
    /// These, the origins that they carry, other carriers of those, and equal copies of all of them.
    pub contained: CommitSet,
}

impl BaseContent {
    /// What a base contains.
    pub fn new(graph: &CommitGraph, base: CommitOrdinal) -> BaseContent {
        let ancestors = graph.ancestors(base);
        let mut contained = ancestors.clone();
        add_keys(graph, &mut contained);
        if add_copies(graph, &ancestors, &mut contained) {
            add_keys(graph, &mut contained);
        }
        BaseContent { ancestors, contained }
    }

    /// As which of its own commits the base has something that it contains: the oldest one of those that carry it, else
    /// of those that make the same change.
    pub fn held_as(&self, graph: &CommitGraph, commit: CommitOrdinal) -> Option<CommitOrdinal> {
        let origin = origin_of(graph, commit);
        let kin: Vec<CommitOrdinal> =
            [commit, origin].into_iter().chain(carriers_of(graph, origin)).collect();
        let copies = kin.iter().flat_map(|commit| graph.same_patch(*commit));
        let is_own = |commit: &CommitOrdinal| self.ancestors.contains(*commit);
        kin.iter().copied().find(is_own).or_else(|| copies.into_iter().find(is_own))
    }
}

/// What a base contains and so cannot be an origin.
pub fn contained_in(graph: &CommitGraph, base: CommitOrdinal) -> CommitSet {
    BaseContent::new(graph, base).contained
}

/// Adds the origins of what is contained, and all that carries them: it is no news either.
fn add_keys(graph: &CommitGraph, contained: &mut CommitSet) {
    let commits = || CommitOrdinal::first(graph.len());
    let known = contained.clone();
    for commit in commits().filter(|commit| known.contains(*commit)) {
        for origin in graph.related(Relation::Origin, commit) {
            contained.insert(origin);
        }
        contained.insert(origin_of(graph, commit));
    }
    let known = contained.clone();
    for commit in commits().filter(|commit| !known.contains(*commit)) {
        let origins = graph.related(Relation::Origin, commit);
        if origins.iter().any(|origin| known.contains(*origin)) || known.contains(origin_of(graph, commit)) {
            contained.insert(commit);
        }
    }
}

/// Adds the equal copies that the base's commits have on other branches. Says whether there are any.
///
/// What is built on a commit of the base is no copy of it: where it makes the same change again, that was undone.
fn add_copies(graph: &CommitGraph, ancestors: &CommitSet, contained: &mut CommitSet) -> bool {
    let mut own_by_patch: FxHashMap<u64, CommitOrdinal> = FxHashMap::default();
    let with_patch = || {
        CommitOrdinal::first(graph.len()).filter_map(|commit| Some((commit, graph.patch(commit)?.number())))
    };
    let is_kept = |(commit, _): &(CommitOrdinal, u64)| {
        let undone_by = graph.relating(Relation::Reverts, *commit);
        ancestors.contains(*commit) && !undone_by.iter().any(|by| ancestors.contains(*by))
    };
    for (commit, patch) in with_patch().filter(is_kept) {
        own_by_patch.insert(patch, commit);
    }
    let is_new = |(commit, patch): (CommitOrdinal, u64)| {
        let own = own_by_patch.get(&patch)?;
        (!contained.contains(commit)).then_some((*own, commit))
    };
    let pairs: Vec<(CommitOrdinal, CommitOrdinal)> = with_patch().filter_map(is_new).collect();
    for pairs in pairs.chunks(MARKS) {
        for (place, ((_, copy), marks)) in pairs.iter().zip(descendant_marks(graph, pairs)).enumerate() {
            if marks >> place & 1 == 0 {
                contained.insert(*copy);
            }
        }
    }
    !pairs.is_empty()
}

/// For each pair marks of the pairs whose first commit the second one of this pair is built on.
fn descendant_marks(graph: &CommitGraph, pairs: &[(CommitOrdinal, CommitOrdinal)]) -> Vec<u64> {
    let mut marks = vec![0u64; graph.len()];
    let mut own: FxHashMap<CommitOrdinal, u64> = FxHashMap::default();
    for (place, (commit, _)) in pairs.iter().enumerate() {
        *own.entry(*commit).or_default() |= 1 << place;
    }
    let first = pairs.iter().map(|(commit, _)| commit.index()).min().unwrap_or(0);
    // Parents come before their children.
    for commit in CommitOrdinal::first(graph.len()).skip(first) {
        let inherited =
            graph.parents(commit).map(|parent| marks[parent.index()]).fold(0, |all, mark| all | mark);
        marks[commit.index()] = inherited | own.get(&commit).copied().unwrap_or(0);
    }
    pairs.iter().map(|(_, copy)| marks[copy.index()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_index::{
        MemoryIndex, WrittenCommit, absent_carrier, carrier, commit, commit_set, hunk_at,
    };

    const MAINLINE: CommitOrdinal = CommitOrdinal(0);

    fn change() -> [hunktrace_indexer::segment::stored_hunk::StoredHunk; 1] {
        [hunk_at("fs/a.c", 1, "+a();\n")]
    }

    /// A commit that is built on others.
    fn on<const N: usize>(parents: [u32; N], written: WrittenCommit) -> WrittenCommit {
        WrittenCommit { parents: parents.map(CommitOrdinal).to_vec(), ..written }
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
        let [mainline, stable] = [commit([]), carrier(MAINLINE, [])];
        let base = WrittenCommit { parents: vec![MAINLINE], ..commit([]) };
        let graph = MemoryIndex::of([mainline, stable, base, commit([])]).graph;
        let contained = contained_in(&graph, CommitOrdinal(2));
        assert_eq!(contained, commit_set([0, 1, 2].map(CommitOrdinal)));
    }

    #[test]
    fn equal_copies_on_other_branches_are_contained_and_what_undid_and_redid_a_change_is_not() {
        // 0 is common; 1 and 2 make the same change on two branches, 3 makes it again behind 1.
        let commits =
            [commit([]), on([0], commit(change())), on([0], commit(change())), on([1], commit(change()))];
        let graph = MemoryIndex::of(commits).graph;
        let content = BaseContent::new(&graph, CommitOrdinal(1));
        assert_eq!(content.contained, commit_set([0, 1, 2].map(CommitOrdinal)));
        assert_eq!(content.held_as(&graph, CommitOrdinal(2)), Some(CommitOrdinal(1)));
    }

    #[test]
    fn carriers_of_the_same_unindexed_origin_are_contained() {
        let other = || [hunk_at("fs/a.c", 9, "+b();\n")];
        let commits =
            [absent_carrier("0123456789abcdef", change()), absent_carrier("0123456789", other()), commit([])];
        let graph = MemoryIndex::of(commits).graph;
        let content = BaseContent::new(&graph, CommitOrdinal(0));
        assert_eq!(content.contained, commit_set([0, 1].map(CommitOrdinal)));
        assert_eq!(content.held_as(&graph, CommitOrdinal(1)), Some(CommitOrdinal(0)));
    }
}
