//! The commits that make one change: its origin, what carries it, and equal copies of these.

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, CommitSet, Relation};

use crate::index::origin::{carriers_of, origin_of};

/// How many commits may stand between a change and the last one that undoes or redoes it.
const MAX_UNDOINGS: usize = 4;

/// The commits that make one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kin {
    /// The commit that the change is named for.
    pub origin: CommitOrdinal,
    /// All that make the change: the origin, its carriers from the oldest on, and what is equal to one of them.
    pub members: Vec<CommitOrdinal>,
}

impl Kin {
    /// The kin of a commit. Commits in `broken` say to carry the change and do not make it; they are left out.
    pub fn of(graph: &CommitGraph, commit: CommitOrdinal, broken: &CommitSet) -> Kin {
        let origin = origin_of(graph, commit);
        let mut members: Vec<CommitOrdinal> = Vec::new();
        let named = [origin, commit].into_iter().chain(carriers_of(graph, origin));
        for member in named {
            if !broken.contains(member) && !members.contains(&member) {
                members.push(member);
            }
        }
        let copies: Vec<CommitOrdinal> =
            members.iter().flat_map(|member| graph.same_patch(*member)).collect();
        for copy in copies {
            if !broken.contains(copy) && !members.contains(&copy) {
                members.push(copy);
            }
        }
        Kin { origin, members }
    }

    /// The member that stands in a set of commits, such as a base: it is there, and nothing there undoes it.
    pub fn standing_in(&self, graph: &CommitGraph, set: &CommitSet, undoing: &Undoings) -> Standing {
        let mut undone = None;
        for member in self.members.iter().copied().filter(|member| set.contains(*member)) {
            match undoing.undone_in(graph, member, set, MAX_UNDOINGS) {
                None => return Standing::As(member),
                Some(by) => undone = undone.or(Some(by)),
            }
        }
        undone.map_or(Standing::No, Standing::Undone)
    }
}

/// Whether a change stands in a set of commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As this commit of the set.
    As(CommitOrdinal),
    /// It was there, and this commit of the set has undone it.
    Undone(CommitOrdinal),
    /// The set does not have it.
    No,
}

/// What counts as the undoing of a commit.
#[derive(Clone, Debug, Default)]
pub struct Undoings {
    /// Commits that say to undo others, and leave what matters of them.
    pub not_reverts: CommitSet,
}

impl Undoings {
    /// The commits that undo a commit.
    pub fn of(&self, graph: &CommitGraph, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
        let undoing = graph.relating(Relation::Reverts, commit).into_iter();
        undoing.filter(|by| *by > commit && !self.not_reverts.contains(*by)).collect()
    }

    /// The commit of the set that undoes a commit and is not undone itself.
    fn undone_in(
        &self,
        graph: &CommitGraph,
        commit: CommitOrdinal,
        set: &CommitSet,
        deeper: usize,
    ) -> Option<CommitOrdinal> {
        let deeper = deeper.checked_sub(1)?;
        let undoing = self.of(graph, commit).into_iter().filter(|by| set.contains(*by));
        undoing.into_iter().find(|by| self.undone_in(graph, *by, set, deeper).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_index::{MemoryIndex, WrittenCommit, carrier, commit, commit_set, hunk_at};

    fn change() -> [hunktrace_indexer::segment::stored_hunk::StoredHunk; 1] {
        [hunk_at("fs/a.c", 1, "+a();\n")]
    }

    fn revert(of: u32) -> WrittenCommit {
        let names = vec![(Relation::Reverts, CommitOrdinal(of))];
        WrittenCommit { names, ..commit([]) }
    }

    fn set(commits: &[u32]) -> CommitSet {
        commit_set(commits.iter().map(|number| CommitOrdinal(*number)))
    }

    #[test]
    fn kin_are_origin_carriers_and_equal_copies_without_broken_backports() {
        let other = [hunk_at("fs/a.c", 1, "+b();\n")];
        let commits = [
            commit(change()),
            carrier(CommitOrdinal(0), other),
            commit(change()),
            carrier(CommitOrdinal(0), []),
        ];
        let graph = MemoryIndex::of(commits).graph;
        let members = |commit: u32, broken: &[u32]| -> Vec<u32> {
            let kin = Kin::of(&graph, CommitOrdinal(commit), &set(broken));
            kin.members.into_iter().map(|member| member.0).collect()
        };
        assert_eq!(members(1, &[]), [0, 1, 3, 2]);
        assert_eq!(members(0, &[3]), [0, 1, 2]);
    }

    #[test]
    fn what_is_undone_does_not_stand_unless_the_undoing_is_undone() {
        let graph = MemoryIndex::of([commit(change()), revert(0), revert(1), commit([])]).graph;
        let standing = |commits: &[u32], not_reverts: &[u32]| {
            let kin = Kin::of(&graph, CommitOrdinal(0), &CommitSet::default());
            kin.standing_in(&graph, &set(commits), &Undoings { not_reverts: set(not_reverts) })
        };
        assert_eq!(standing(&[3], &[]), Standing::No);
        assert_eq!(standing(&[0], &[]), Standing::As(CommitOrdinal(0)));
        assert_eq!(standing(&[0, 1], &[]), Standing::Undone(CommitOrdinal(1)));
        assert_eq!(standing(&[0, 1], &[1]), Standing::As(CommitOrdinal(0)));
        assert_eq!(standing(&[0, 1, 2], &[]), Standing::As(CommitOrdinal(0)));
    }

    #[test]
    fn change_that_was_undone_and_made_again_stands_as_its_copy() {
        let graph = MemoryIndex::of([commit(change()), revert(0), commit(change())]).graph;
        let kin = Kin::of(&graph, CommitOrdinal(0), &CommitSet::default());
        let standing = kin.standing_in(&graph, &set(&[0, 1, 2]), &Undoings::default());
        assert_eq!(standing, Standing::As(CommitOrdinal(2)));
    }
}
