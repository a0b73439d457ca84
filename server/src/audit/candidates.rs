//! The commits that may be missing: what mends or undoes what the vendor has, and what mends these.

use std::collections::{BTreeMap, BTreeSet};

use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};

use super::mending::{Mending, MendingCommit};
use crate::check::question::TreeQuestion;
use crate::index::origin::origin_of;

/// Chains of fixes of fixes are followed for so many steps.
const MAX_CHAIN: usize = 8;

/// A later commit that mends one that the vendor has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The commit that mends, as its origin.
    pub commit: CommitOrdinal,
    /// The commits of the tree that it mends.
    pub mends: BTreeSet<(CommitOrdinal, Mending)>,
    /// Other candidates that it mends.
    pub follows: BTreeSet<(CommitOrdinal, Mending)>,
}

impl Candidate {
    /// Whether a `Fixes:` line or a revert says that it mends something: of prose one is never sure.
    pub fn says_so(&self) -> bool {
        self.mends.iter().chain(&self.follows).any(|(_, how)| *how != Mending::InProse)
    }
}

/// What is asked about missing fixes.
pub struct FixQuestion<'a> {
    /// The tree.
    pub tree: &'a TreeQuestion<'a>,
    /// The commits that the vendor has, as origins and carriers, the base's included.
    pub had: &'a CommitSet,
    /// Commits that are not to be told: what was known at some earlier time.
    pub known: &'a CommitSet,
    /// Which commits mend which.
    pub mending: &'a [MendingCommit],
}

/// The later commits that mend or undo what the vendor has, and what mends these; without what upstream has undone again.
/// What only undoes a fix that the vendor lacks is none, and of copies that make the same change the first is told.
pub fn candidates(question: &FixQuestion<'_>) -> Vec<Candidate> {
    let TreeQuestion { graph, base, undoings, .. } = question.tree;
    let mut mending = question.mending.to_vec();
    let mut candidates: BTreeMap<CommitOrdinal, Candidate> = BTreeMap::new();
    for _ in 0..MAX_CHAIN {
        let mut is_longer = false;
        mending.retain(|(by, of, how)| {
            let commit = origin_of(graph, *by);
            let is_had = question.had.contains(*of);
            let followed = origin_of(graph, *of);
            let is_followed = candidates.contains_key(&followed);
            if !is_had && (!is_followed || *how == Mending::Reverts) {
                return true;
            }
            let entry = candidates.entry(commit).or_insert_with(|| {
                is_longer = true;
                Candidate { commit, mends: BTreeSet::new(), follows: BTreeSet::new() }
            });
            match is_had {
                true => entry.mends.insert((followed, *how)),
                false => entry.follows.insert((followed, *how)),
            };
            false
        });
        if !is_longer {
            break;
        }
    }
    let is_wanted = |candidate: &Candidate| {
        let commit = candidate.commit;
        let in_base = base.is_some_and(|base| base.contained.contains(commit));
        let changes = graph.hunk_count(commit) > 0;
        let is_undone = undoings.of(graph, commit).iter().any(|by| undoings.of(graph, *by).is_empty());
        changes && !in_base && !is_undone && !question.known.contains(commit)
    };
    let is_copy = |commit: CommitOrdinal| {
        let same = graph.same_patch(commit);
        same.iter().any(|copy| *copy < commit && candidates.contains_key(copy))
    };
    let copies: Vec<CommitOrdinal> = candidates.keys().copied().filter(|commit| is_copy(*commit)).collect();
    candidates.retain(|commit, candidate| !copies.contains(commit) && is_wanted(candidate));
    candidates.into_values().collect()
}

/// The commits that were taken, as far as a candidate mends them: what the tree has of each decides whether there is
/// something to mend. Of what the base contains that is not asked.
pub fn taken_faults(question: &TreeQuestion<'_>, candidates: &[Candidate]) -> BTreeSet<CommitOrdinal> {
    let mended = candidates.iter().flat_map(|candidate| &candidate.mends).map(|(commit, _)| *commit);
    let is_taken =
        |commit: &CommitOrdinal| question.base.is_none_or(|base| !base.contained.contains(*commit));
    mended.filter(is_taken).collect()
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::cancellation::Cancellation;

    use super::*;
    use crate::memory_index::{MemoryIndex, WrittenCommit, commit, commit_set, hunk_at};

    /// The candidates that mend or undo one another as told, where the vendor has the commit 0.
    fn found(commits: Vec<WrittenCommit>, mending: &[(u32, u32, Mending)]) -> Vec<u32> {
        let index = MemoryIndex::of(commits);
        let cancellation = Cancellation::default();
        let tree = TreeQuestion::without_base(&index, &cancellation);
        let mending: Vec<MendingCommit> =
            mending.iter().map(|(by, of, how)| (CommitOrdinal(*by), CommitOrdinal(*of), *how)).collect();
        let had = commit_set([CommitOrdinal(0)]);
        let known = CommitSet::default();
        let question = FixQuestion { tree: &tree, had: &had, known: &known, mending: &mending };
        candidates(&question).into_iter().map(|candidate| candidate.commit.0).collect()
    }

    fn change(line: &str) -> WrittenCommit {
        commit([hunk_at("fs/a.c", 1, line)])
    }

    #[test]
    fn fixes_of_fixes_are_followed_and_reverts_of_what_is_not_there_are_not() {
        let commits = || vec![change("+a();\n"), change("+b();\n"), change("+c();\n")];
        let of_fix = [(1, 0, Mending::Fixes), (2, 1, Mending::InProse)];
        assert_eq!(found(commits(), &of_fix), [1, 2]);
        let revert_of_fix = [(1, 0, Mending::Fixes), (2, 1, Mending::Reverts)];
        assert_eq!(found(commits(), &revert_of_fix), [1]);
        assert_eq!(found(commits(), &[(2, 0, Mending::Reverts)]), [2]);
    }

    #[test]
    fn copies_of_a_fix_are_told_once() {
        let commits = vec![change("+a();\n"), change("+b();\n"), change("+b();\n"), commit([])];
        let mending = [(1, 0, Mending::Fixes), (2, 0, Mending::Fixes), (3, 0, Mending::Fixes)];
        assert_eq!(found(commits, &mending), [1], "and what changes nothing is none");
    }
}
