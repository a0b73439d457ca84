//! Sets of commits, with a bit for each.

use crate::graph::ordinal::CommitOrdinal;

/// A set of commits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitSet {
    bits: Vec<u64>,
}

impl CommitSet {
    /// An empty set that will not have to grow for the first `commits` commits.
    pub(super) fn with_room_for(commits: usize) -> CommitSet {
        CommitSet { bits: vec![0; commits.div_ceil(64)] }
    }

    /// Whether the commit belongs to the set.
    pub fn contains(&self, commit: CommitOrdinal) -> bool {
        self.bits.get(commit.index() / 64).is_some_and(|word| word >> (commit.0 % 64) & 1 == 1)
    }

    /// Adds a commit; false where it was there already.
    pub fn insert(&mut self, commit: CommitOrdinal) -> bool {
        let word = commit.index() / 64;
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        let bit = 1 << (commit.0 % 64);
        let is_new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        is_new
    }

    /// How many commits belong to it.
    pub fn len(&self) -> usize {
        self.bits.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether none belongs to it.
    pub fn is_empty(&self) -> bool {
        self.bits.iter().all(|word| *word == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_set_has_what_was_put_into_it(commits in prop::collection::vec(0u32..500, 0..60)) {
            let (mut set, mut expected) = (CommitSet::default(), BTreeSet::new());
            for commit in commits {
                prop_assert_eq!(set.insert(CommitOrdinal(commit)), expected.insert(commit));
            }
            let found = CommitOrdinal::first(600).filter(|commit| set.contains(*commit)).map(|commit| commit.0);
            prop_assert_eq!(found.collect::<BTreeSet<u32>>(), expected.clone());
            prop_assert_eq!((set.len(), set.is_empty()), (expected.len(), expected.is_empty()));
        }
    }
}
