//! What became of a change later: the commits that mend its faults, and those that undo it.

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, Relation};

use crate::index::origin::origin_of;

/// The commits that mend a fault of a change: those that name its origin, or one of its `carriers`, in `Fixes:`.
///
/// A fix that was carried to other branches is told once, by its origin. The oldest comes first.
pub fn fixes_of(
    graph: &CommitGraph,
    origin: CommitOrdinal,
    carriers: &[CommitOrdinal],
) -> Vec<CommitOrdinal> {
    let named = std::iter::once(&origin).chain(carriers);
    let fixes = named.flat_map(|commit| graph.relating(Relation::Fixes, *commit));
    each_once(graph, origin, fixes)
}

/// The commits that undo a commit; one that was carried to other branches is told once, by its origin. The oldest comes
/// first.
///
/// Those that undo one of its carriers are none: on that branch alone the change is gone.
pub fn reverts_of(graph: &CommitGraph, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
    each_once(graph, commit, graph.relating(Relation::Reverts, commit).into_iter())
}

/// The origins of commits that name `named`, each once. One that is said to be carried by what names it stands for itself.
fn each_once(
    graph: &CommitGraph,
    named: CommitOrdinal,
    naming: impl Iterator<Item = CommitOrdinal>,
) -> Vec<CommitOrdinal> {
    let own_origin = |commit: CommitOrdinal| Some(origin_of(graph, commit)).filter(|origin| *origin != named);
    let mut commits: Vec<CommitOrdinal> =
        naming.map(|commit| own_origin(commit).unwrap_or(commit)).filter(|commit| *commit != named).collect();
    commits.sort_by_key(|commit| (graph.committed_at(*commit), *commit));
    commits.dedup();
    commits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_index::{MemoryIndex, WrittenCommit, carrier, commit};

    const MAINLINE: CommitOrdinal = CommitOrdinal(0);
    const STABLE: CommitOrdinal = CommitOrdinal(1);

    fn naming(relation: Relation, named: CommitOrdinal, date: i64) -> WrittenCommit {
        WrittenCommit { names: vec![(relation, named)], committed_at: date, ..commit([]) }
    }

    /// A mainline commit and its stable backport, then these.
    fn graph(later: impl IntoIterator<Item = WrittenCommit>) -> CommitGraph {
        MemoryIndex::of([commit([]), carrier(MAINLINE, [])].into_iter().chain(later)).graph
    }

    #[test]
    fn fixes_name_the_change_or_a_carrier_and_the_oldest_comes_first() {
        let fixes = [naming(Relation::Fixes, STABLE, 30), naming(Relation::Fixes, MAINLINE, 20)];
        assert_eq!(fixes_of(&graph(fixes), MAINLINE, &[STABLE]), [CommitOrdinal(3), CommitOrdinal(2)]);
    }

    #[test]
    fn fix_that_was_carried_to_a_branch_is_told_once() {
        let fix = naming(Relation::Fixes, MAINLINE, 20);
        let mut carried = carrier(CommitOrdinal(2), []);
        carried.names.push((Relation::Fixes, MAINLINE));
        assert_eq!(fixes_of(&graph([fix, carried]), MAINLINE, &[STABLE]), [CommitOrdinal(2)]);
    }

    #[test]
    fn undone_carrier_does_not_undo_the_change() {
        let graph = graph([naming(Relation::Reverts, STABLE, 20), naming(Relation::Reverts, MAINLINE, 30)]);
        assert_eq!(reverts_of(&graph, MAINLINE), [CommitOrdinal(3)]);
        assert_eq!(reverts_of(&graph, STABLE), [CommitOrdinal(2)]);
    }

    #[test]
    fn revert_that_names_the_change_as_its_origin_too_is_told_as_itself() {
        let mut revert = naming(Relation::Reverts, MAINLINE, 20);
        revert.names.push((Relation::Origin, MAINLINE));
        assert_eq!(reverts_of(&graph([revert]), MAINLINE), [CommitOrdinal(2)]);
    }
}
